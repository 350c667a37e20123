// Package jsiienv gives the CDK's Node process its environment.
//
// jsii copies the environment when the first CDK package is imported, long before
// main, so that os.Setenv in main is too late for it. Imports the standard library only.
package jsiienv

import (
	"os"
	"syscall"
)

// Default sets each variable that is not set yet and, if there was one, starts the
// program again in the same process, with the same arguments. It returns at once
// when all are set, and otherwise only with an error.
func Default(variables map[string]string) error {
	changed := false
	for name, value := range variables {
		if _, set := os.LookupEnv(name); set {
			continue
		}
		if err := os.Setenv(name, value); err != nil {
			return err
		}
		changed = true
	}
	if !changed {
		return nil
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(program, os.Args, os.Environ())
}
