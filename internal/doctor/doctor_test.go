package doctor

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/internal/home"
)

func TestMend(t *testing.T) {
	newest := func(versions map[string]string) func(string) string {
		return func(pkg string) string { return versions[pkg] }
	}
	bookworm := newest(map[string]string{"golang-go": "2:1.19~1", "nodejs": "18.20.4+dfsg-1~deb12u1", "openjdk-17-jre-headless": "17.0.15+6-1"})
	jammy := newest(map[string]string{"python3": "3.10.6-1~22.04", "python3.11": "3.11.0~rc1-1~22.04"})
	trixie := newest(map[string]string{"golang-go": "2:1.24~2", "nodejs": "22.4.1+dfsg-1", "python3": "3.13.5-1", "openjdk-17-jre-headless": ""})
	debian := func(root bool, newest func(string) string) machine {
		return machine{system: "linux", id: "debian", root: root, newest: newest}
	}
	ubuntu := machine{system: "linux", newest: trixie}
	ubuntu.read("NAME=\"Ubuntu\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"22\"\n")
	tests := map[string]struct {
		machine machine
		tool    string
		want    string
	}{
		"a package new enough":       {debian(true, bookworm), "java", "apt-get install -y openjdk-17-jre-headless"},
		"a user needs sudo":          {debian(false, bookworm), "venv", "sudo apt-get install -y python3-venv"},
		"a package too old":          {debian(false, bookworm), "node", "sudo apt-get install -y npm && sudo npm install -g n && sudo n 22"},
		"a package new enough later": {debian(true, trixie), "node", "apt-get install -y nodejs npm"},
		"Go too old to renew itself": {debian(true, bookworm), "go", "install Go 1.26 from https://go.dev/dl"},
		"Go that renews itself":      {debian(true, trixie), "go", "apt-get install -y golang-go"},
		"a newer Python beside":      {debian(true, jammy), "python", "apt-get install -y python3.11 python3.11-venv"},
		"no newer Python":            {debian(true, newest(nil)), "python", "install Python 3.12 from https://www.python.org/downloads"},
		"what a system is like":      {ubuntu, "python", "sudo apt-get install -y python3 python3-venv"},
		"Fedora":                     {machine{system: "linux", id: "fedora"}, "java", "sudo dnf install -y java-17-openjdk-headless"},
		"brew runs without root":     {machine{system: "darwin", root: true}, "python", "brew install python@3.12"},
		"an unknown system":          {machine{system: "linux", id: "nixos"}, "node", "install Node 22 from https://nodejs.org/en/download"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.machine.mend(test.tool); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
	for family, commands := range mends {
		for tool := range byHand {
			if commands[tool] == "" {
				t.Errorf("%s has no command for %s", family, tool)
			}
		}
	}
}

// Programs in a PATH of our own stand for what a machine may have.
func TestExamine(t *testing.T) {
	tests := map[string]struct {
		programs map[string]string // what each prints
		finding  string
		state    State
		found    string // without the folder
	}{
		"no Java":             {nil, "Java", Missing, "not there"},
		"Java 8":              {map[string]string{"java": `openjdk version "1.8.0_402"`}, "Java", Warning, "1.8.0 (java)"},
		"Java 17":             {map[string]string{"java": `openjdk version "17.0.15" 2025-04-15`}, "Java", Fine, "17.0.15 (java)"},
		"Java 21":             {map[string]string{"java": `openjdk version "21" 2023-09-19`}, "Java", Warning, "21 (java)"},
		"Java 25":             {map[string]string{"java": `openjdk version "25.0.1" 2025-10-21`}, "Java", Missing, "25.0.1 (java)"},
		"Node 18":             {map[string]string{"node": "v18.20.4"}, "Node", Missing, "18.20.4 (node)"},
		"Node 20":             {map[string]string{"node": "v20.20.2"}, "Node", Warning, "20.20.2 (node)"},
		"Node 24":             {map[string]string{"node": "v24.0.0"}, "Node", Fine, "24.0.0 (node)"},
		"a Node that is none": {map[string]string{"node": "hello"}, "Node", Missing, "node, which does not say its version"},
		"Go 1.19":             {map[string]string{"go": "go version go1.19.8 linux/amd64"}, "Go", Missing, "1.19.8 (go)"},
		"Go 1.22":             {map[string]string{"go": "go version go1.22.1 linux/amd64"}, "Go", Warning, "1.22.1 (go)"},
		"Go 1.26":             {map[string]string{"go": "go version go1.26 linux/amd64"}, "Go", Fine, "1.26 (go)"},
		"old npm":             {map[string]string{"npm": "6.14.4"}, "npm", Missing, "6.14.4 (npm)"},
		"Python 3.10":         {map[string]string{"python3": "Python 3.10.12"}, "Python", Missing, "3.10.12 (python3)"},
		"Python 3.14":         {map[string]string{"python3": "Python 3.14.0"}, "Python", Missing, "3.14.0 (python3)"},
		"an older default":    {map[string]string{"python3": "Python 3.8.1", "python3.11": "Python 3.11.7"}, "Python", Fine, "3.11.7 (python3.11)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for program, prints := range test.programs {
				write(t, filepath.Join(folder, program), "#!/bin/sh\necho '"+prints+"'\n")
			}
			t.Setenv("PATH", folder)
			t.Setenv("JAVA_HOME", "")
			t.Setenv("GOTOOLCHAIN", "")
			report := Examine(context.Background(), home.Home(folder))
			for _, finding := range report.Findings {
				if finding.Name != test.finding {
					continue
				}
				if found := strings.ReplaceAll(finding.Found, folder+"/", ""); finding.State != test.state || found != test.found {
					t.Errorf("got %s, %q; want %s, %q", finding.State, found, test.state, test.found)
				}
				if (finding.Mend == "") != (test.state == Fine) {
					t.Errorf("mend is %q", finding.Mend)
				}
			}
			if report.Healthy() {
				t.Error("healthy, with most programs missing")
			}
		})
	}
}

func TestPythonWithoutVenv(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "python3"), "#!/bin/sh\n[ \"$1\" = --version ] || exit 1\necho Python 3.11.7\n")
	t.Setenv("PATH", folder)
	finding := pythonCheck(context.Background(), machine{system: "linux", id: "debian", root: true, newest: func(string) string { return "" }})
	if finding.State != Missing || finding.Mend != "apt-get install -y python3-venv" || !strings.HasSuffix(finding.Found, "without venv") {
		t.Errorf("got %+v", finding)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}
