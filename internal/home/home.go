// Package home says where a project keeps what Lakekeel made for it: tools,
// caches and the local endpoint's state, all under one ignored folder.
package home

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Variable names the environment variable that overrides where the home
// folder is.
const Variable = "LAKEKEEL_HOME"

// A Home is the folder that holds everything Lakekeel makes for one project.
// Nothing in it is needed that could not be made again.
type Home string

// Find returns the home folder for a command started in the folder dir:
// explicit when it is not empty, else what [Variable] holds, else .lakekeel
// beside the nearest cdk.json at or above dir, else .lakekeel in dir. The
// folder need not exist.
func Find(dir, explicit string) (Home, error) {
	if explicit == "" {
		explicit = os.Getenv(Variable)
	}
	if explicit != "" {
		abs, err := filepath.Abs(explicit)
		return Home(abs), err
	}
	root, err := Project(dir)
	if errors.Is(err, fs.ErrNotExist) {
		root, err = filepath.Abs(dir)
	}
	if err != nil {
		return "", fmt.Errorf("the home folder: %w", err)
	}
	return Home(filepath.Join(root, ".lakekeel")), nil
}

// Project returns the nearest folder at or above dir that holds a cdk.json.
// The error is fs.ErrNotExist when there is none.
func Project(dir string) (string, error) {
	at, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		if info, err := os.Stat(filepath.Join(at, "cdk.json")); err == nil && info.Mode().IsRegular() {
			return at, nil
		}
		up := filepath.Dir(at)
		if up == at {
			return "", fmt.Errorf("cdk.json at or above %s: %w", dir, fs.ErrNotExist)
		}
		at = up
	}
}

// Path joins elements to the home folder's own path.
func (h Home) Path(elements ...string) string {
	return filepath.Join(append([]string{string(h)}, elements...)...)
}

// Python is the interpreter of the project's virtual environment.
func (h Home) Python() string { return h.Path("venv", "bin", "python") }

// CDK is the script of the pinned CDK command line, run by node.
func (h Home) CDK() string { return h.Path("node", "node_modules", "aws-cdk", "bin", "cdk") }

// Jars is the folder of the jars that let Spark read and write S3.
func (h Home) Jars() string { return h.Path("jars") }

// Jsii is where the jsii kernel keeps the CDK's library unpacked and indexed.
func (h Home) Jsii() string { return h.Path("jsii") }

// Endpoint is the folder of the local endpoint: its record, log and state.
func (h Home) Endpoint() string { return h.Path("endpoint") }

// Log is the path of the log of one command, for example "deploy".
func (h Home) Log(name string) string { return h.Path("log", name+".log") }
