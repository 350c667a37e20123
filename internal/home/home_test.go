package home

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestFind(t *testing.T) {
	root := t.TempDir()
	deep := filepath.Join(root, "stacks", "covid19")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv(Variable, "")
	t.Run("without a project is in the working folder", func(t *testing.T) {
		want(t, deep, "", Home(filepath.Join(deep, ".lakekeel")))
	})
	if err := os.WriteFile(filepath.Join(root, "cdk.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Run("is beside the nearest cdk.json", func(t *testing.T) {
		want(t, deep, "", Home(filepath.Join(root, ".lakekeel")))
	})
	t.Run("a folder called cdk.json is no project", func(t *testing.T) {
		if err := os.Mkdir(filepath.Join(deep, "cdk.json"), 0o755); err != nil {
			t.Fatal(err)
		}
		want(t, deep, "", Home(filepath.Join(root, ".lakekeel")))
	})
	t.Run("the variable overrides the project, the flag both", func(t *testing.T) {
		t.Setenv(Variable, filepath.Join(root, "elsewhere"))
		want(t, deep, "", Home(filepath.Join(root, "elsewhere")))
		want(t, deep, filepath.Join(root, "flag"), Home(filepath.Join(root, "flag")))
	})
}

func TestProjectIsMissing(t *testing.T) {
	if _, err := Project(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v; want fs.ErrNotExist", err)
	}
}

func want(t *testing.T, dir, explicit string, want Home) {
	t.Helper()
	if got, err := Find(dir, explicit); err != nil || got != want {
		t.Errorf("Find(%q, %q) = %q, %v; want %q", dir, explicit, got, err, want)
	}
}
