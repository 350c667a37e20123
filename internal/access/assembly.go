package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/lakekeel/lakekeel/internal/assembly"
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
	found, err := assembly.Stacks(folder)
	if missing := (*fs.PathError)(nil); errors.As(err, &missing) {
		return nil, fmt.Errorf("no cloud assembly: %w; write one with: cdk synth", err)
	}
	if err != nil {
		return nil, err
	}
	var stacks []Stack
	for _, s := range found {
		stack := Stack{Name: s.Name, Account: s.Account, Region: s.Region}
		stack.Role = strings.ReplaceAll(s.Role, "${AWS::Partition}", stack.pseudo()["AWS::Partition"])
		text, err := os.ReadFile(s.Template)
		if err != nil {
			return nil, err
		}
		if stack.Template, err = Parse(text); err != nil {
			return nil, fmt.Errorf("stack %s: %w", stack.Name, err)
		}
		stacks = append(stacks, stack)
	}
	return stacks, nil
}

// Parse reads a template in JSON, as the CDK writes it.
func Parse(text []byte) (Template, error) {
	var t Template
	err := json.Unmarshal(text, &t)
	return t, err
}
