package test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// onenodeKernel talks as jsii's kernel does: requests and answers are lines by
// descriptor 3. It answers with what it reads, and prints besides.
const onenodeKernel = `
const fs = require('fs'); // { readFD:3,writeFD:3 }
const buffer = Buffer.alloc(1000);
for (let read; (read = fs.readSync(3, buffer)) > 0; ) {
  console.log('printed');
  console.error('warned, {}');
  fs.writeSync(3, buffer, 0, read);
}
require('child_process').spawnSync('echo', ['from a child'], { stdio: 'inherit' });
console.error(process.argv.length, require('path').basename(process.argv[1]), process.execArgv.join());
`

// onenodeLaunch is the launcher that the tests' own kernel was started by, on a kernel
// of the test.
func onenodeLaunch(t *testing.T) *exec.Cmd {
	t.Helper()
	launcher := os.Getenv("JSII_NODE")
	if filepath.Base(launcher) != "onenode.sh" {
		t.Skipf("not proved that the CDK runs well in one Node process: JSII_NODE is %q; unset it", launcher)
	}
	program := filepath.Join(t.TempDir(), "lib", "program.js")
	if err := os.Mkdir(filepath.Dir(program), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, []byte(onenodeKernel), 0o644); err != nil {
		t.Fatal(err)
	}
	return exec.Command(launcher, filepath.Join(program, "..", "..", "bin", "jsii-runtime.js"))
}

func TestOneNodeKeepsAnswersApartFromWhatIsPrinted(t *testing.T) {
	command := onenodeLaunch(t)
	var answers, printed bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader("{\"api\":\"load\"}\n"), &answers, &printed
	if err := command.Run(); err != nil { // it ends with its input
		t.Fatalf("%v: %s", err, &printed)
	}
	if got := answers.String(); got != "{\"api\":\"load\"}\n" {
		t.Errorf("answers %q", got)
	}
	// as jsii's Go runtime takes it: "printed\n", "warned, {}\n" and the last line in base64
	want := `{"stdout":"cHJpbnRlZAo="}
{"stderr":"d2FybmVkLCB7fQo="}
from a child
{"stderr":"MiBwcm9ncmFtLmpzIC0tcHJlc2VydmUtc3ltbGlua3MK"}
`
	if got := printed.String(); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

func TestOneNodeEndsWithTheProgramThatStartedIt(t *testing.T) {
	command := onenodeLaunch(t)
	requests, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	requests.Close() // as the system does when a program is killed
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
}
