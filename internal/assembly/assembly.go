// Package assembly reads what the CDK has synthesized: the stacks of a cloud assembly.
package assembly

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Stack of a cloud assembly.
type Stack struct {
	Name   string // in CloudFormation, e.g. "Local-Covid19"
	ID     string // by which the CDK selects it, e.g. "Local/Covid19"
	Nested bool   // in a stage's assembly inside the app's

	Account, Region string // where it goes; empty if the app leaves that open

	Role     string // ARN of the role that the CDK deploys it by, with ${AWS::Partition}; empty if it has none of its own
	Template string // path of its file
}

// manifestOf is the file that says what the assembly in a folder holds.
func manifestOf(folder string) string { return filepath.Join(folder, "manifest.json") }

// Stacks lists the stacks of the assembly in a folder, and of those inside it, by their
// artifacts' names. If there is no assembly, the error is an [fs.PathError].
func Stacks(folder string) ([]Stack, error) { return stacks(folder, false) }

func stacks(folder string, nested bool) ([]Stack, error) {
	text, err := os.ReadFile(manifestOf(folder))
	if err != nil {
		return nil, err
	}
	var manifest struct {
		Artifacts map[string]struct {
			Type        string
			DisplayName string
			Environment string
			Properties  struct{ StackName, TemplateFile, DirectoryName, AssumeRoleArn string }
		}
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestOf(folder), err)
	}
	var found []Stack
	for _, id := range slices.Sorted(maps.Keys(manifest.Artifacts)) {
		artifact := manifest.Artifacts[id]
		switch properties := artifact.Properties; artifact.Type {
		case "aws:cloudformation:stack":
			stack := Stack{
				Name: cmp.Or(properties.StackName, id), ID: cmp.Or(artifact.DisplayName, id), Nested: nested,
				Role: properties.AssumeRoleArn, Template: filepath.Join(folder, properties.TemplateFile),
			}
			stack.Account, stack.Region = place(artifact.Environment)
			found = append(found, stack)
		case "cdk:cloud-assembly":
			inner, err := stacks(filepath.Join(folder, properties.DirectoryName), true)
			if err != nil {
				return nil, err
			}
			found = append(found, inner...)
		}
	}
	return found, nil
}

// place takes an environment apart, "aws://ACCOUNT/REGION", of which either may be left open.
func place(environment string) (account, region string) {
	account, region, _ = strings.Cut(strings.TrimPrefix(environment, "aws://"), "/")
	return strings.Replace(account, "unknown-account", "", 1), strings.Replace(region, "unknown-region", "", 1)
}
