//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/internal/home"
	"github.com/lakekeel/lakekeel/internal/prove/kdc"
	"github.com/lakekeel/lakekeel/internal/prove/world"
)

func (a *app) proveCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "prove",
		Short: "Prove on this machine what a system is built for",
		Args:  unknownCommand,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.proveKDCCommand())
	return c
}

func (a *app) proveKDCCommand() *cobra.Command {
	opts := kdc.Options{Out: a.out}
	var out string
	c := &cobra.Command{
		Use:   "kdc",
		Short: "Break a Kerberos KDC in every way while clients log in, and count",
		Long: `Builds the KDC of constructs/kerberos on this machine, and the published reference
design beside it: network namespaces as client, balancer and nodes, the real krb5kdc,
kadmind and kprop, the node files as they are shipped, and a balancer with the rules of
AWS's. Then daemons and nodes are killed, links cut and storage frozen while MIT and
Java clients log in. Needs root; nothing is left behind, however it ends.`,
		Example: `  sudo lakekeel prove kdc                              all of it: hours
  sudo lakekeel prove kdc --logins 400 --repeats 1     a short run of everything
  sudo lakekeel prove kdc --fault link --nodes 3       one fault`,
		Args: exactly(),
		RunE: func(c *cobra.Command, _ []string) error { return a.proveKDC(c.Context(), opts, out) },
	}
	flags := c.Flags()
	flags.IntVar(&opts.Logins, "logins", 16000, "logins of each client, MIT and Java, around each fault")
	flags.IntVar(&opts.Slots, "parallel", 40, "logins of each client at a time")
	flags.IntVar(&opts.Rate, "rate", 150, "logins of each client a second, at most")
	flags.IntVar(&opts.Repeats, "repeats", 5, "how often each fault is tried")
	flags.IntSliceVar(&opts.Nodes, "nodes", []int{2, 3}, "numbers of nodes, each tried by itself")
	flags.StringSliceVar(&opts.Faults, "fault", nil, "faults to try (default all)")
	flags.StringSliceVar(&opts.Designs, "design", nil, "designs to try (default both)")
	flags.DurationVar(&opts.Settle, "settle", 3*time.Minute, "how long the service may take to be whole again after a fault")
	flags.IntVar(&opts.Principals, "principals", 2000, "principals to create while files are slow; 0 for none")
	flags.StringVar(&out, "out", "", "folder for tables, plots and every login (default prove/kdc-TIME in the home folder)")
	c.RegisterFlagCompletionFunc("fault", oneOf(kdc.Faults()...))
	c.RegisterFlagCompletionFunc("design", oneOf(kdc.Designs()...))
	return c
}

func (a *app) proveKDC(ctx context.Context, opts kdc.Options, out string) error {
	if err := opts.Validate(); err != nil {
		return errUsage{err}
	}
	if err := errors.Join(world.Permitted(), kdc.Installed()); err != nil {
		return err
	}
	root, err := home.Project(".")
	if err != nil {
		return err
	}
	h, err := a.home()
	if err != nil {
		return err
	}
	opts.Home, opts.Files = string(h), filepath.Join(root, "constructs", "kerberos", "node")
	if _, err := os.Stat(opts.Files); err != nil {
		return fmt.Errorf("the node files are not in %s; run it in a clone of Lakekeel", opts.Files)
	}
	if out == "" {
		out = h.Path("prove", "kdc-"+time.Now().UTC().Format("20060102-150405"))
	}
	if _, err := os.Stat(filepath.Join(out, "result.json")); err == nil {
		return fmt.Errorf("%s holds the results of another run; give another folder with --out", out)
	}
	if !world.Inside() {
		return inside(ctx, world.Enter(ctx))
	}
	// A run takes hours: what there is of it is kept as it comes.
	opts.Done = func(result kdc.Result) error { return kdc.Save(out, result) }
	result, err := kdc.Run(ctx, opts)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	result.Show(a.out)
	fmt.Fprintf(a.out.Out, "\ntables, plots and every login: %s\n", out)
	return errors.Join(err, result.Err())
}

// inside turns the end of the inner run, which has told its failure itself, into an error.
func inside(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, world.ErrFailed):
		return errReported
	}
	return err
}
