//go:build linux

package kdc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// lead is how long clients log in before a fault; the first seconds are warmth (see [Trial.Before]).
	lead = 12 * time.Second
	warm = 4 * time.Second

	// trail is how long they go on at least after a fault that lasts.
	trail = 15 * time.Second

	// adders is how many principals are created at a time.
	adders = 8

	// creating is the time over which they are spread.
	creating = 15 * time.Second

	// patience is how long one principal is tried again to be created.
	patience = time.Minute
)

// A Trial is what was measured around one fault.
type Trial struct {
	Design string        `json:"design"`
	Fault  string        `json:"fault"`
	Nodes  int           `json:"nodes"`
	Repeat int           `json:"repeat"`
	Struck time.Time     `json:"struck"`
	Logins []Login       `json:"-"`
	Lasted time.Duration `json:"lasted"` // until nothing more was done to the cluster
	// Whole is the time from the fault to full redundancy; it was whole ever after.
	Whole time.Duration `json:"whole"`
	// Fewest is the smallest number of nodes that the balancer took for healthy meanwhile.
	Fewest int `json:"fewest_healthy"`
	// Error is why redundancy did not come back, or why the fault could not be made.
	Error string `json:"error,omitempty"`

	Wanted       int           `json:"principals_wanted"`       // to be created around the fault
	Acknowledged int           `json:"principals_acknowledged"` // by kadmin
	Lost         int           `json:"principals_lost"`         // of these, missing on a node in the end
	SlowestAdd   time.Duration `json:"slowest_add"`             // the longest time in which none was acknowledged
}

// trial is a [Trial] while it runs.
type trial struct {
	Trial
	cluster *cluster
	fault   fault
	load    Load

	mutex sync.Mutex
	acked []string
	last  time.Time // of the last acknowledgement
}

func (t *trial) struck() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.Struck = time.Now()
}

// run does one trial: load, the fault in the middle of it, and the wait for full redundancy.
func (t *trial) run(ctx context.Context) error {
	if err := t.cluster.await(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var watch, adding sync.WaitGroup
	defer watch.Wait()
	begin := time.Now()
	t.Struck = begin.Add(lead)
	span := max(lead+t.fault.length(t.cluster.size)+trail, t.load.least())
	driven := make(chan error, 1)
	go func() {
		var err error
		t.Logins, err = drive(ctx, t.cluster.client, t.load, span, keytab, t.cluster.names)
		driven <- err
	}()
	adding.Go(func() { t.create(ctx, begin.Add(warm)) }) // as soon as "before" begins: it is work for the same machine
	if err := sleep(ctx, lead); err != nil {
		return errors.Join(err, <-driven)
	}
	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	var lastBroken time.Time
	t.Fewest = t.cluster.size
	watch.Go(func() { lastBroken = t.lastBroken(watching) })
	struck := t.fault.strike(ctx, t)
	t.Lasted = time.Since(t.Struck)
	if struck != nil {
		cancel()
		adding.Wait()
		return errors.Join(fmt.Errorf("fault %s: %w", t.fault.name, struck), <-driven)
	}
	err := <-driven
	adding.Wait()
	if whole := t.cluster.await(ctx); whole != nil {
		t.Error = whole.Error()
	}
	stopWatching()
	watch.Wait()
	t.Whole = max(0, lastBroken.Sub(t.Struck))
	return errors.Join(err, t.count(ctx))
}

// lastBroken watches the cluster until ctx is done, and returns when it was last seen less than whole.
func (t *trial) lastBroken(ctx context.Context) (last time.Time) {
	for ctx.Err() == nil {
		t.Fewest = min(t.Fewest, t.cluster.balancer.Healthy())
		if t.cluster.whole(ctx) != nil && ctx.Err() == nil {
			last = time.Now()
		}
		sleep(ctx, 200*time.Millisecond)
	}
	return last
}

// create makes the trial's principals, some at a time, each until it is acknowledged.
func (t *trial) create(ctx context.Context, at time.Time) {
	sleep(ctx, time.Until(at))
	t.last = time.Now()
	names := make(chan string)
	var all sync.WaitGroup
	for range min(adders, t.Wanted) {
		all.Go(func() {
			for name := range names {
				if t.createOne(ctx, name) {
					t.acknowledge(name)
				}
			}
		})
	}
	for i := range t.Wanted {
		// Spread, so that the fault comes while they are created.
		sleep(ctx, time.Until(at.Add(creating*time.Duration(i)/time.Duration(t.Wanted))))
		names <- fmt.Sprintf("host-%s-%s-%d-%d", t.fault.name, t.Design, t.Repeat, i)
	}
	close(names)
	all.Wait()
}

func (t *trial) acknowledge(name string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.acked = append(t.acked, name)
	t.SlowestAdd = max(t.SlowestAdd, time.Since(t.last))
	t.last = time.Now()
}

func (t *trial) createOne(ctx context.Context, name string) bool {
	for until := time.Now().Add(patience); time.Now().Before(until) && ctx.Err() == nil; {
		limited, cancel := context.WithDeadline(ctx, until)
		said, _ := t.cluster.kadmin(limited, "addprinc -randkey "+name)
		cancel()
		// One that was created by an attempt whose answer got lost is there by now.
		if strings.Contains(said, " created.") || strings.Contains(said, "already exists") {
			return true
		}
		sleep(ctx, 100*time.Millisecond)
	}
	return false
}

// count looks on every node for the principals that were acknowledged.
func (t *trial) count(ctx context.Context) error {
	t.Acknowledged = len(t.acked)
	if t.Acknowledged == 0 {
		return nil
	}
	lost := map[string]bool{}
	for _, node := range t.cluster.list() {
		held, err := t.cluster.held(ctx, node)
		if err != nil {
			return err
		}
		for _, name := range t.acked {
			if !held[name] {
				lost[name] = true
			}
		}
	}
	t.Lost = len(lost)
	return nil
}

// Stats are the figures of some logins.
type Stats struct {
	Logins, Failed int
	Rate           float64 // a second
	P50, P99, Max  time.Duration
}

// stats of logins that began in a span of time. Failed ones count with the time they took.
func stats(logins []Login) Stats {
	if len(logins) == 0 {
		return Stats{}
	}
	took := make([]time.Duration, 0, len(logins))
	s := Stats{Logins: len(logins)}
	for _, login := range logins {
		took = append(took, login.Took)
		if !login.OK() {
			s.Failed++
		}
	}
	slices.Sort(took)
	first := slices.MinFunc(logins, func(a, b Login) int { return a.At.Compare(b.At) }).At
	last := slices.MaxFunc(logins, func(a, b Login) int { return a.At.Compare(b.At) }).At
	if span := last.Sub(first).Seconds(); span > 0 {
		s.Rate = float64(len(logins)) / span
	}
	s.P50, s.P99, s.Max = quantile(took, 0.5), quantile(took, 0.99), took[len(took)-1]
	return s
}

// quantile of sorted values: the smallest that at least a share q of them does not exceed.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

// Before are the logins that were over before the fault, but for those that warmed up the clients.
func (t Trial) Before(client string) []Login {
	if len(t.Logins) == 0 {
		return nil
	}
	from := t.Logins[0].At.Add(warm)
	return t.pick(client, func(l Login) bool { return l.At.After(from) && l.At.Add(l.Took).Before(t.Struck) })
}

// During are the logins that were under way when the fault came or began until it was over and
// the service whole again, but for at least five seconds.
func (t Trial) During(client string) []Login {
	until := t.Struck.Add(max(t.Lasted, t.Whole, 5*time.Second))
	return t.pick(client, func(l Login) bool { return !l.At.Add(l.Took).Before(t.Struck) && l.At.Before(until) })
}

// All are all logins of a client.
func (t Trial) All(client string) []Login { return t.pick(client, func(Login) bool { return true }) }

func (t Trial) pick(client string, want func(Login) bool) []Login {
	var picked []Login
	for _, login := range t.Logins {
		if login.client() == client && want(login) {
			picked = append(picked, login)
		}
	}
	return picked
}

// Clients are the two that log in.
var Clients = []string{"MIT", "Java"}

func (l Login) client() string {
	if l.Kind == "java" {
		return "Java"
	}
	return "MIT"
}

// messages are the errors of failed logins with how often they came, the most frequent first.
func messages(logins []Login) []string {
	counts := map[string]int{}
	for _, login := range logins {
		if !login.OK() {
			counts[login.client()+": "+login.Result]++
		}
	}
	var said []string
	for message := range counts {
		said = append(said, message)
	}
	slices.SortFunc(said, func(a, b string) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) })
	for i, message := range said {
		said[i] = fmt.Sprintf("%d × %s", counts[message], message)
	}
	return said
}
