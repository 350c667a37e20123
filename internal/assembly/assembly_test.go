package assembly

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestStacks(t *testing.T) {
	folder := t.TempDir()
	manifest(t, folder, `{"artifacts": {
		"Tree": {"type": "cdk:tree"},
		"Pipeline": {"type": "aws:cloudformation:stack", "displayName": "Pipeline", "environment": "aws://123456789012/eu-west-1", "properties": {"stackName": "Lakekeel-Pipeline", "templateFile": "p.json", "assumeRoleArn": "arn:role"}},
		"assembly-Dev": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Dev"}},
		"Bare": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region"}}}`)
	manifest(t, filepath.Join(folder, "assembly-Dev"), `{"artifacts": {
		"DevCovid": {"type": "aws:cloudformation:stack", "displayName": "Dev/Covid19", "properties": {"stackName": "Dev-Covid19", "templateFile": "c.json"}}}}`)
	got, err := Stacks(folder)
	if err != nil {
		t.Fatal(err)
	}
	want := []Stack{
		{Name: "Bare", ID: "Bare", Template: folder},
		{Name: "Lakekeel-Pipeline", ID: "Pipeline", Account: "123456789012", Region: "eu-west-1", Role: "arn:role", Template: filepath.Join(folder, "p.json")},
		{Name: "Dev-Covid19", ID: "Dev/Covid19", Nested: true, Template: filepath.Join(folder, "assembly-Dev", "c.json")},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v; want %+v", got, want)
	}
}

func TestStacksOfNoAssembly(t *testing.T) {
	folder := t.TempDir()
	var missing *fs.PathError
	if _, err := Stacks(folder); !errors.As(err, &missing) {
		t.Errorf("nothing there: got %v", err)
	}
	manifest(t, folder, "{")
	if _, err := Stacks(folder); err == nil || errors.As(err, &missing) || !strings.HasPrefix(err.Error(), manifestOf(folder)+": ") {
		t.Errorf("no JSON: got %v", err)
	}
}

func manifest(t *testing.T, folder, content string) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "manifest.json"), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
