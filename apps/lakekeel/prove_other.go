//go:build !linux

package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// proveCommand says why there is nothing to prove here: the proof is made of namespaces.
func (a *app) proveCommand() *cobra.Command {
	return &cobra.Command{
		Use:                "prove",
		Short:              "Prove on this machine what a system is built for (Linux only)",
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("prove needs network namespaces, which Linux alone has; run it there, in a virtual machine for instance")
		},
	}
}
