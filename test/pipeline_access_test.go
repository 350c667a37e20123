package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/internal/cdktest"
)

// TestPipelineAsksWhenAccessWidens runs the check's own shell command with programs that
// answer as the case says, and looks whether it approves by itself.
func TestPipelineAsksWhenAccessWidens(t *testing.T) {
	p := pipelineNew(t, pipelineProps())
	spec := pipelineSpecs(t, p, cdktest.Synth(t, p.Stack))["CDKSecurityCheck"]
	_, command, found := strings.Cut(spec, "wider=0;")
	command, _, ended := strings.Cut(command, "aws lambda invoke")
	if !found || !ended {
		t.Fatalf("the check has no command that asks about access:\n%s", spec)
	}
	command = "wider=0;" + strings.ReplaceAll(command, `\\`, `\`) + "echo approved; else echo asked; fi"
	for name, test := range map[string]struct{ cdk, lakekeel, want string }{
		"nothing is wider":       {"exit 0", "exit 0", "approved"},
		"IAM is wider":           {"exit 1", "exit 0", "asked"},
		"Lake Formation is":      {"exit 0", "exit 1", "asked"},
		"the program is missing": {"exit 0", "", "asked"},
		"the program is told which stage, and what to compare with": {"exit 0", `[ "$*" = "access . --profile - --against deployed --stage Prod --fail-if-wider" ]`, "approved"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for program, text := range map[string]string{"cdk": test.cdk, "lakekeel": test.lakekeel} {
				if text == "" {
					continue
				}
				if err := os.WriteFile(filepath.Join(folder, program), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			sh := exec.Command("sh", "-c", command)
			sh.Dir = folder
			sh.Env = []string{"PATH=" + folder + ":" + os.Getenv("PATH"), "STAGE_NAME=Prod", "STAGE_PATH=Lakekeel-Pipeline/Prod"}
			out, err := sh.Output()
			if got := strings.TrimSpace(string(out)); err != nil || got != test.want {
				t.Errorf("%q, %v; want %s\n%s", got, err, test.want, command)
			}
		})
	}
}
