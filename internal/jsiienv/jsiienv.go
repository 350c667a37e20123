// Package jsiienv starts the CDK's Node process as we want it: with the environment
// that main sets, and as one process where jsii takes two.
package jsiienv

import (
	"os"

	"github.com/aws/jsii-runtime-go"
)

// Default sets each variable that is not set yet, for this program and for Node.
//
// jsii copies the environment and unpacks its runtime when the first CDK package is
// imported, long before main. Default therefore ends the jsii that has not started Node
// yet; the next call to the CDK makes a new one, with the environment of then. So call
// it before anything of the CDK: objects made earlier would be lost.
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
	if changed {
		jsii.Close()
	}
	return nil
}
