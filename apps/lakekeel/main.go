// Command lakekeel runs what a CDK app deploys: on the local endpoint, without
// an AWS account, or, to look at it, in a real one. It reads what is deployed,
// never an app's source, so it serves any app built with the library.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// Exit statuses.
const (
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130 // 128 + SIGINT, as shells have it
)

// errUsage is a command line that cannot be understood.
type errUsage struct{ error }

// errReported is a failure that the command has told in its own output.
var errReported = errors.New("failed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second Ctrl-C ends the program at once
	}()
	os.Exit(exit(newRoot().ExecuteContext(ctx)))
}

// exit prints what went wrong, a line each, and returns the exit status.
func exit(err error) int {
	var usage errUsage
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, errReported):
		return exitFailure
	}
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" {
			fmt.Fprintln(os.Stderr, "lakekeel: "+line)
		}
	}
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailure
}
