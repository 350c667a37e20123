package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this program",
		Example: "  lakekeel version",
		Args:    exactly(),
		Run:     func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), version()) },
	}
}

// version is the module's version and, when built in a checkout, its commit.
func version() string {
	text := "lakekeel (unknown version)"
	if info, ok := debug.ReadBuildInfo(); ok {
		text = "lakekeel " + info.Main.Version
	}
	return fmt.Sprintf("%s %s/%s %s", text, runtime.GOOS, runtime.GOARCH, runtime.Version())
}
