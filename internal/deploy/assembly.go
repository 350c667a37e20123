package deploy

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// A Stack of a cloud assembly.
type Stack struct {
	Name   string // in CloudFormation, e.g. "Local-Covid19"
	ID     string // by which the CDK selects it, e.g. "Local/Covid19"
	Nested bool   // in a stage's assembly inside the app's
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
			found = append(found, Stack{or(artifact.Properties.StackName, id), or(artifact.DisplayName, id), nested})
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

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
