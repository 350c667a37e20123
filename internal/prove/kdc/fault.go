//go:build linux

package kdc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lakekeel/lakekeel/internal/prove/world"
)

const (
	// drain is the deregistration delay of both designs (constructs/kerberos/balancer.go).
	drain = 30 * time.Second

	// launchDelay stands for what the Auto Scaling group and EC2 need to bring a new machine, which
	// is minutes; here it is short for both designs, so that a trial is.
	launchDelay = 15 * time.Second

	// outage is how long a fault lasts that does not end by itself: a link, a file system, a
	// target that is away, and a daemon that nobody restarts.
	outage = 20 * time.Second
)

// A fault is one thing that goes wrong while clients log in.
type fault struct {
	name  string // on the command line
	title string // in tables
	// spares says that it gives no reason to take a node out of service.
	spares bool
	// adds is how many principals are created around it, for the full number of logins.
	adds int
	// strike does the harm and returns when nothing more is done by hand.
	strike func(ctx context.Context, t *trial) error
	// spans returns how long strike may take; if nil, outage.
	spans func(size int) time.Duration
}

// faults are all of them, in the order of the report.
var faults = []fault{
	{name: "none", title: "nothing", spares: true, strike: func(ctx context.Context, _ *trial) error { return nil }},
	{name: "krb5kdc", title: "kill -9 of krb5kdc", strike: killDaemon("krb5kdc")},
	{name: "kadmind", title: "kill -9 of kadmind during addprinc", adds: 1000, strike: killDaemon("kadmind")},
	{name: "node", title: "kill of the whole node", strike: killNode},
	{name: "link", title: "link of a node cut", strike: cutLink},
	{name: "propagation", title: "primary killed during propagation", adds: 500, strike: killPrimary},
	{name: "storage", title: "shared storage frozen", spares: true, strike: freezeStorage},
	{name: "target", title: "balancer loses a target", strike: loseTarget},
	{name: "rolling", title: "rolling replacement of every node", spares: true, strike: replaceAll, spans: func(size int) time.Duration {
		return time.Duration(size) * (drain + 25*time.Second)
	}},
}

func faultOf(name string) fault { return faults[slices.Index(Faults(), name)] }

// Faults are the names of the faults.
func Faults() []string {
	var names []string
	for _, f := range faults {
		names = append(names, f.name)
	}
	return names
}

// length is how long the fault may last.
func (f fault) length(size int) time.Duration {
	if f.spans != nil {
		return f.spans(size)
	}
	return outage
}

// fullLogins are those of the reference experiment, for which adds is meant.
const fullLogins = 16000

// wanted is how many principals are created around the fault: fewer with fewer logins, but some.
func (f fault) wanted(logins int) int {
	return min(f.adds, f.adds*logins/fullLogins+20)
}

// victim is another node in each repeat.
func (t *trial) victim() *world.Machine {
	nodes := t.cluster.list()
	return nodes[t.Repeat%len(nodes)]
}

func killDaemon(name string) func(context.Context, *trial) error {
	return func(ctx context.Context, t *trial) error {
		node := t.victim()
		if name == "kadmind" {
			var err error
			if node, err = t.cluster.design.primary(ctx, t.cluster); err != nil {
				return err
			}
		}
		t.struck()
		n, err := node.Signal(name, unix.SIGKILL)
		if err == nil && n == 0 {
			err = fmt.Errorf("%s has no %s to kill", node.Name, name)
		}
		if err != nil {
			return err
		}
		return t.cluster.design.mend(ctx, node)
	}
}

func killNode(ctx context.Context, t *trial) error { return t.replaceDead(ctx, t.victim()) }

func killPrimary(ctx context.Context, t *trial) error {
	node, err := t.cluster.design.primary(ctx, t.cluster)
	if err != nil {
		return err
	}
	return t.replaceDead(ctx, node)
}

// replaceDead kills a node; the Auto Scaling group brings another.
func (t *trial) replaceDead(ctx context.Context, node *world.Machine) error {
	t.struck()
	if err := node.Kill(); err != nil {
		return err
	}
	if err := sleep(ctx, launchDelay); err != nil {
		return err
	}
	t.cluster.lose(node)
	return t.cluster.launch(ctx, false)
}

func cutLink(ctx context.Context, t *trial) error {
	node := t.victim()
	t.struck()
	if err := node.Cut(); err != nil {
		return err
	}
	return errors.Join(sleep(ctx, outage), node.Mend())
}

func freezeStorage(ctx context.Context, t *trial) error {
	t.struck()
	if err := t.cluster.design.freeze(t.cluster); err != nil {
		return err
	}
	return errors.Join(sleep(ctx, outage), t.cluster.design.thaw(t.cluster))
}

func loseTarget(ctx context.Context, t *trial) error {
	node := t.victim()
	t.struck()
	t.cluster.balancer.Deregister(node.Address)
	if err := sleep(ctx, outage); err != nil {
		return err
	}
	t.cluster.balancer.Register(node.Address)
	return nil
}

// replaceAll brings a successor for each node and then lets the node drain and go, one by one.
func replaceAll(ctx context.Context, t *trial) error {
	t.struck()
	for _, old := range t.cluster.list() {
		if err := t.cluster.replace(ctx, old); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) replace(ctx context.Context, old *world.Machine) error {
	if err := c.launch(ctx, false); err != nil {
		return err
	}
	if err := c.await(ctx); err != nil {
		return err
	}
	c.lose(old)
	defer old.Kill()
	if err := c.design.leave(ctx, c, old); err != nil {
		return err
	}
	return sleep(ctx, drain)
}
