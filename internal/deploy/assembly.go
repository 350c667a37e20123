package deploy

import (
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
}

// Stacks lists the stacks of the assembly in a folder, and of those inside it.
func Stacks(folder string) ([]Stack, error) { return stacks(folder, false) }

func stacks(folder string, nested bool) ([]Stack, error) {
	content, err := os.ReadFile(manifestOf(folder))
	if err != nil {
		return nil, fmt.Errorf("the app wrote no cloud assembly: %w", err)
	}
	var manifest struct {
		Artifacts map[string]struct {
			Type        string
			DisplayName string
			Environment string
			Properties  struct{ StackName, DirectoryName string }
		}
	}
	if err := json.Unmarshal(content, &manifest); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestOf(folder), err)
	}
	var found []Stack
	for _, id := range slices.Sorted(maps.Keys(manifest.Artifacts)) {
		artifact := manifest.Artifacts[id]
		switch artifact.Type {
		case "aws:cloudformation:stack":
			stack := Stack{Name: or(artifact.Properties.StackName, id), ID: or(artifact.DisplayName, id), Nested: nested}
			stack.Account, stack.Region = place(artifact.Environment)
			found = append(found, stack)
		case "cdk:cloud-assembly":
			inner, err := stacks(filepath.Join(folder, artifact.Properties.DirectoryName), true)
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

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
