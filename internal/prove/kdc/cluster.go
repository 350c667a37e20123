//go:build linux

package kdc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lakekeel/lakekeel/internal/prove/nlb"
	"github.com/lakekeel/lakekeel/internal/prove/world"
)

const (
	realm  = "EMR.TEST"
	domain = "emr.test"

	// adminPassword is of the realms of the proof alone, which end with it.
	adminPassword = "proof-admin-password"

	// principals that log in, as in the reference experiment.
	principals = 10

	// keytab is where the client machine keeps their keys.
	keytab = "/etc/proof.keytab"
)

// Addresses of the machines; nodes count up from node.
var (
	balancerHost = netip.MustParseAddr("10.88.0.10")
	firstNode    = netip.MustParseAddr("10.88.0.11")
	awsHost      = netip.MustParseAddr("10.88.0.200")
	clientHost   = netip.MustParseAddr("10.88.0.201")

	// The balancer's addresses, one a zone, are in a network of their own.
	balancerNet = netip.MustParsePrefix("10.88.1.0/24")
	zones       = []netip.Addr{netip.MustParseAddr("10.88.1.11"), netip.MustParseAddr("10.88.1.12")}
)

const (
	// host is the one name that EMR's security configuration has room for.
	host = "kdc." + domain

	// balancerName is the balancer's own.
	balancerName = "balancer." + domain
)

// A design is one way to build a KDC of several nodes.
type design interface {
	name() string
	// groups are the balancer's listeners with their checks.
	groups() []nlb.Group
	// begin prepares what stands outside of the nodes.
	begin(ctx context.Context, c *cluster) error
	// lay puts a new node's files in place, before it boots.
	lay(c *cluster, root string, name string, address netip.Addr) error
	// serve starts a node's services and returns; the first node makes the realm.
	serve(ctx context.Context, c *cluster, node *world.Machine, first bool) error
	// layClient and serveClient do the same for the client machine.
	layClient(c *cluster, root string) error
	serveClient(ctx context.Context, c *cluster) error
	// whole returns nil when every node does all it should.
	whole(ctx context.Context, c *cluster) error
	// primary is the node whose kadmind writes.
	primary(ctx context.Context, c *cluster) (*world.Machine, error)
	// environment is what kadmin.local needs to read the database of the node it runs on.
	environment() []string
	// leave lets a node that is about to go hand over what it holds.
	leave(ctx context.Context, c *cluster, node *world.Machine) error
	// mend does what is left to people when a daemon of a node has ended, after a while.
	mend(ctx context.Context, node *world.Machine) error
	// freeze stops the storage that the nodes share, thaw lets it go on.
	freeze(c *cluster) error
	thaw(c *cluster) error
	// slow makes the files that a network file system would hold as slow as said.
	slow(c *cluster, by time.Duration) error
}

// A cluster is one KDC with its balancer and a client, running.
type cluster struct {
	design   design
	world    *world.World
	tools    string // folder of the drivers in the world
	home     string // Lakekeel's home folder
	files    string // the node files as shipped
	size     int    // nodes
	settle   time.Duration
	balancer *nlb.Balancer

	lb, client, aws *world.Machine

	mutex sync.Mutex
	nodes []*world.Machine
	count int // nodes ever made: a name and an address are used once

	names []string // of the principals that log in
	stop  context.CancelFunc
	ended chan struct{} // closed when the balancer has ended
	cause error         // why it has, from then on
}

// start builds a cluster of a design and waits until it is whole.
func start(ctx context.Context, c *cluster) error {
	for _, step := range []func(context.Context) error{c.startBalancer, c.startClient, func(ctx context.Context) error { return c.design.begin(ctx, c) }, c.startNodes} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("design %q: %w", c.design.name(), err)
		}
	}
	if err := c.await(ctx); err != nil {
		return fmt.Errorf("design %q does not start: %w", c.design.name(), err)
	}
	return c.enroll(ctx)
}

// end stops all machines of the cluster.
func (c *cluster) end() {
	if c == nil {
		return
	}
	if c.stop != nil {
		c.stop()
		<-c.ended
	}
	for _, m := range append(c.list(), c.lb, c.client, c.aws) {
		if m != nil {
			m.Kill()
		}
	}
}

func (c *cluster) list() []*world.Machine {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return slices.Clone(c.nodes)
}

func (c *cluster) startBalancer(ctx context.Context) (err error) {
	if c.lb, err = c.world.Boot("lb", balancerHost, nil); err != nil {
		return err
	}
	var device *os.File
	if err := c.lb.Within(func() (err error) { device, err = nlb.OpenDevice("nlb"); return err }); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"ip", "link", "set", "nlb", "up"},
		{"ip", "route", "add", balancerNet.String(), "dev", "nlb"},
		{"sysctl", "-qw", "net.ipv4.ip_forward=1"},
	} {
		if _, err := c.lb.Run(ctx, args...); err != nil {
			return err
		}
	}
	c.balancer = nlb.New(zones, c.design.groups()...)
	ctx, c.stop = context.WithCancel(ctx)
	c.ended = make(chan struct{})
	go func() {
		defer close(c.ended)
		c.cause = c.balancer.Serve(ctx, device, c.lb.Within)
	}()
	return nil
}

func (c *cluster) startClient(ctx context.Context) (err error) {
	if c.client, err = c.boot("client", clientHost, func(root string) error { return c.design.layClient(c, root) }); err != nil {
		return err
	}
	return c.design.serveClient(ctx, c)
}

// boot starts a machine that knows the way to the balancer and has the drivers.
func (c *cluster) boot(name string, address netip.Addr, lay func(root string) error) (*world.Machine, error) {
	m, err := c.world.Boot(name, address, func(root string) error {
		if err := world.Bind(c.tools, root, tools); err != nil {
			return err
		}
		// Wherever they are on this machine: a machine's own /tmp would hide what is below.
		if err := world.Bind(filepath.Join(c.home, "venv"), root, venv); err != nil {
			return err
		}
		return lay(root)
	})
	if err != nil {
		return nil, err
	}
	return m, m.Route(balancerNet, c.lb)
}

func (c *cluster) startNodes(ctx context.Context) error {
	for i := range c.size {
		if err := c.launch(ctx, i == 0); err != nil {
			return err
		}
	}
	return nil
}

// launch does what the Auto Scaling group does: it starts one more node and registers it.
func (c *cluster) launch(ctx context.Context, first bool) error {
	c.mutex.Lock()
	address := firstNode
	for range c.count {
		address = address.Next()
	}
	c.count++
	name := fmt.Sprintf("node%d", c.count)
	c.mutex.Unlock()
	node, err := c.boot(name, address, func(root string) error { return c.design.lay(c, root, name, address) })
	if err != nil {
		return err
	}
	if err := c.design.serve(ctx, c, node, first); err != nil {
		return err
	}
	c.mutex.Lock()
	c.nodes = append(c.nodes, node)
	c.mutex.Unlock()
	c.balancer.Register(address)
	return nil
}

// lose takes a node out of service: one that is dead, or is about to go.
func (c *cluster) lose(node *world.Machine) {
	c.mutex.Lock()
	c.nodes = slices.DeleteFunc(c.nodes, func(m *world.Machine) bool { return m == node })
	c.mutex.Unlock()
	c.balancer.Deregister(node.Address)
}

// whole returns nil when there is full redundancy: at least as many nodes as wanted, all of them
// healthy for the balancer and for themselves.
func (c *cluster) whole(ctx context.Context) error {
	select {
	case <-c.ended:
		return fmt.Errorf("the balancer has ended: %w", cmp.Or(c.cause, context.Canceled))
	default:
	}
	if healthy, nodes := c.balancer.Healthy(), len(c.list()); nodes < c.size || healthy < nodes {
		return fmt.Errorf("%d of %d nodes, %d healthy for the balancer", nodes, c.size, healthy)
	}
	return c.design.whole(ctx, c)
}

// await waits until the cluster is whole.
func (c *cluster) await(ctx context.Context) error {
	until := time.Now().Add(c.settle)
	for {
		err := c.whole(ctx)
		if err == nil {
			return nil
		}
		if time.Now().After(until) {
			return fmt.Errorf("not whole after %s: %w", c.settle, err)
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

// enroll creates the principals that log in, as the nodes of an EMR cluster do, and their keytab.
func (c *cluster) enroll(ctx context.Context) error {
	c.names = nil
	var commands []string
	for i := range principals {
		c.names = append(c.names, fmt.Sprintf("spark%d@%s", i, realm))
		commands = append(commands, "addprinc -randkey spark"+fmt.Sprint(i))
	}
	for i := range principals {
		commands = append(commands, fmt.Sprintf("ktadd -q -k %s spark%d", keytab, i))
	}
	said, err := c.kadmin(ctx, commands...)
	if err == nil && strings.Count(said, " created.") != principals {
		err = errors.New(said)
	}
	if err != nil {
		return fmt.Errorf("the principals that log in: %w", err)
	}
	return nil
}

// kadmin runs commands on the client machine in one session through the balancer.
func (c *cluster) kadmin(ctx context.Context, commands ...string) (string, error) {
	command := c.client.Command(ctx, "kadmin", "-p", "admin/admin@"+realm)
	command.Stdin = strings.NewReader(adminPassword + "\n" + strings.Join(commands, "\n") + "\nquit\n")
	out, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("kadmin: %w: %s", err, out)
	}
	return string(out), err
}

// held are the principals in the database of a node.
func (c *cluster) held(ctx context.Context, node *world.Machine) (map[string]bool, error) {
	args := append(append([]string{"env"}, c.design.environment()...), "kadmin.local", "-r", realm, "-q", "listprincs")
	out, err := node.Run(ctx, args...)
	if err != nil {
		return nil, err
	}
	held := map[string]bool{}
	for line := range strings.Lines(out) {
		held[strings.TrimSuffix(strings.TrimSpace(line), "@"+realm)] = true
	}
	return held, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// write writes files below a root.
func write(root string, files map[string]string) error {
	for path, text := range files {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// clientConf is a client's krb5.conf with one entry for the KDC and one for the admin server, as
// EMR writes it. UDP is not tried: an NLB passes TCP here.
func clientConf(kdc string) string {
	return fmt.Sprintf(`[libdefaults]
 default_realm = %[1]s
 udp_preference_limit = 1
 dns_lookup_kdc = false
 dns_lookup_realm = false
 rdns = false
 dns_canonicalize_hostname = false
[realms]
 %[1]s = {
  kdc = %[2]s:88
  admin_server = %[2]s:749
 }
`, realm, kdc)
}

// hosts is /etc/hosts of a client that knows the balancer by a name, with an address a zone.
func hosts(balancer string) string {
	text := "127.0.0.1 localhost\n"
	for _, zone := range zones {
		text += zone.String() + " " + balancer + "\n"
	}
	return text
}
