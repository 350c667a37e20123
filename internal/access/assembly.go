package access

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Stack is a synthesized or deployed stack.
type Stack struct {
	Name    string // in CloudFormation
	Account string // twelve digits; empty if the app leaves it open
	Region  string
	Role    string // that the CDK deploys it by; empty if it has none of its own

	Template Template
}

// Template is what is read of a template.
type Template struct {
	Resources map[string]Resource
	Outputs   map[string]struct {
		Value  any
		Export struct{ Name any }
	}
}

// Resource is one resource of a template.
type Resource struct {
	Type       string
	Properties map[string]any
	DependsOn  names
}

// names is DependsOn, which is one name or a list.
type names []string

func (n *names) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*n = names{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(n))
}

// Load reads the stacks of the cloud assembly in a folder, and of those inside it.
func Load(folder string) ([]Stack, error) {
	path := filepath.Join(folder, "manifest.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("no cloud assembly: %w; write one with: cdk synth", err)
	}
	var manifest struct {
		Artifacts map[string]struct {
			Type        string
			Environment string
			Properties  struct{ StackName, TemplateFile, DirectoryName, AssumeRoleArn string }
		}
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var stacks []Stack
	for _, id := range slices.Sorted(maps.Keys(manifest.Artifacts)) {
		artifact := manifest.Artifacts[id]
		switch artifact.Type {
		case "cdk:cloud-assembly":
			inner, err := Load(filepath.Join(folder, artifact.Properties.DirectoryName))
			if err != nil {
				return nil, err
			}
			stacks = append(stacks, inner...)
		case "aws:cloudformation:stack":
			stack := Stack{Name: artifact.Properties.StackName, Role: artifact.Properties.AssumeRoleArn}
			if stack.Name == "" {
				stack.Name = id
			}
			stack.Account, stack.Region, _ = strings.Cut(strings.TrimPrefix(artifact.Environment, "aws://"), "/")
			stack.Account = strings.Replace(stack.Account, "unknown-account", "", 1)
			stack.Region = strings.Replace(stack.Region, "unknown-region", "", 1)
			stack.Role = strings.NewReplacer("${AWS::Partition}", stack.pseudo()["AWS::Partition"]).Replace(stack.Role)
			text, err := os.ReadFile(filepath.Join(folder, artifact.Properties.TemplateFile))
			if err != nil {
				return nil, err
			}
			if stack.Template, err = Parse(text); err != nil {
				return nil, fmt.Errorf("stack %s: %w", stack.Name, err)
			}
			stacks = append(stacks, stack)
		}
	}
	return stacks, nil
}

// Parse reads a template in JSON, as the CDK writes it.
func Parse(text []byte) (Template, error) {
	var t Template
	err := json.Unmarshal(text, &t)
	return t, err
}
