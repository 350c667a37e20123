package jsiienv

import (
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// jsii starts a Node process that only starts another and copies every message to and
// from it. The launcher, which jsii runs in place of node, starts the second one alone.
var (
	//go:embed onenode.sh
	launcher []byte
	//go:embed onenode.js
	program []byte
)

// OneNode lets the CDK run in one Node process where jsii would take two, which saves a
// start of Node and 0.4 ms of CPU for each call. It puts two small files into the
// folder and names them to jsii by JSII_NODE. Like [Default], call it before anything
// of the CDK.
//
// Answers, errors and what the library prints come as before; but jsii's warning about
// a Node that is too old is not printed, as it is the first process that checks it.
//
// It leaves jsii its own way if somebody has chosen a Node or a runtime already, on
// Windows, without node on the path, and if the files cannot be written; and so does
// the launcher if jsii's runtime is not what it knows.
func OneNode(folder string) error {
	_, node := os.LookupEnv("JSII_NODE")
	_, custom := os.LookupEnv("JSII_RUNTIME")
	if node || custom || runtime.GOOS == "windows" {
		return nil
	}
	if _, err := exec.LookPath("node"); err != nil {
		return nil // jsii says so when it starts
	}
	folder, err := filepath.Abs(folder)
	if err != nil || os.MkdirAll(folder, 0o755) != nil {
		return nil
	}
	path := filepath.Join(folder, "onenode.sh")
	if !put(filepath.Join(folder, "onenode.js"), program, 0o644) || !put(path, launcher, 0o755) {
		return nil
	}
	return Default(map[string]string{"JSII_NODE": path})
}

// put makes the file hold the content, whole at any time, and tells whether it does.
func put(path string, content []byte, mode os.FileMode) bool {
	if there, err := os.ReadFile(path); err == nil && string(there) == string(content) {
		return true
	}
	next, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return false
	}
	defer os.Remove(next.Name()) // there only if something failed
	_, err = next.Write(content)
	return next.Close() == nil && err == nil && os.Chmod(next.Name(), mode) == nil && os.Rename(next.Name(), path) == nil
}
