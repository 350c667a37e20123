// Package nlb is a balancer of TCP connections that follows the documented rules of AWS's
// Network Load Balancer, packet by packet. What it does not imitate is said in the README.
package nlb

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// A Check says how targets are looked at. The ranges of the real one are in
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html.
type Check struct {
	Port      uint16        // on the target
	Path      string        // of a GET over HTTP that must be answered with 200 to 399; empty: a TCP connection is enough
	Interval  time.Duration // between two checks of one target by one zone
	Timeout   time.Duration // after which a check has failed
	Healthy   int           // successes in a row that bring a target in
	Unhealthy int           // failures in a row that take it out
}

// A Group is a listener with its target group.
type Group struct {
	Port  uint16        // the listener's and the targets'
	Check Check         //
	Drain time.Duration // deregistration_delay.timeout_seconds; when it is over, what is still open is ended with RST
}

// idle is how long a connection may be silent; then it is forgotten. See
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html#connection-idle-timeout.
const idle = 350 * time.Second

// linger is how long a closed connection is remembered, for the last packets of its ends.
const linger = 5 * time.Second

// A Balancer has one address a zone and routes each connection to one target, over all zones
// ("cross-zone"). Each zone looks at the targets by itself and believes only itself.
type Balancer struct {
	groups map[uint16]Group
	zones  map[netip.Addr]*zone

	mutex sync.Mutex
	seed  maphash.Seed
	flows map[flowKey]*flow
	backs map[backKey]*flow
	next  uint16 // the port that the next connection is given towards its target
}

// zone is the balancer in one availability zone.
type zone struct {
	targets map[targetKey]*target
}

type targetKey struct {
	group uint16
	addr  netip.Addr
}

// target is what one zone knows about a target of one group.
type target struct {
	addr               netip.Addr
	healthy, unhealthy bool      // neither until the first checks have decided
	passed, failed     int       // checks in a row
	draining           time.Time // since when, if it is being deregistered
}

// flowKey names a connection as its client sees it, backKey as its target does.
type flowKey struct{ client, balancer netip.AddrPort }
type backKey struct{ balancer, target netip.AddrPort }

// flow is one connection. It stays with its target whatever happens: nothing is tried again.
type flow struct {
	key    flowKey
	back   backKey
	first  uint32 // the sequence number that it began with
	last   time.Time
	closed time.Time // when both ends had said that they were done, or one of them broke it off
	fins   byte      // 1: the client has said so; 2: the target
}

// New returns a balancer with an address for each zone.
func New(zones []netip.Addr, groups ...Group) *Balancer {
	b := &Balancer{
		groups: map[uint16]Group{}, zones: map[netip.Addr]*zone{}, seed: maphash.MakeSeed(),
		flows: map[flowKey]*flow{}, backs: map[backKey]*flow{}, next: firstPort,
	}
	for _, group := range groups {
		b.groups[group.Port] = group
	}
	for _, address := range zones {
		b.zones[address] = &zone{targets: map[targetKey]*target{}}
	}
	return b
}

// firstPort is the first port for connections to targets; those below are listeners'.
const firstPort = 1024

// handle takes a packet that was sent to one of the balancer's addresses and returns what is to
// be sent on, which may be nothing.
func (b *Balancer) handle(p packet, now time.Time) packet {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	zone := b.zones[p.destination().Addr()]
	if zone == nil {
		return nil
	}
	if group, ok := b.groups[p.destination().Port()]; ok {
		return b.inbound(p, zone, group, now)
	}
	return b.outbound(p, now)
}

// inbound is a packet from a client.
func (b *Balancer) inbound(p packet, zone *zone, group Group, now time.Time) packet {
	key := flowKey{client: p.source(), balancer: p.destination()}
	f := b.flows[key]
	// A SYN with another number is another connection: the client has given up the one before,
	// without a word if nobody had answered.
	if opening := p.flags()&(syn|ack) == syn; f == nil || opening && p.sequence() != f.first {
		if !opening {
			return p.unless(rst, p.reset) // no such connection (any more)
		}
		if f != nil {
			b.forget(f)
		}
		if f = b.open(p, key, zone, group); f == nil {
			return nil // no target at all
		}
	}
	if zone.broken(f, group.Port) {
		f.closed = now
		return p.unless(rst, p.reset)
	}
	f.note(p, 1, now)
	p.readdress(f.back.balancer, f.back.target)
	return p
}

// unless returns what answer makes, but nothing when the packet has the flag itself.
func (p packet) unless(flag byte, answer func() packet) packet {
	if p.flags()&flag != 0 {
		return nil
	}
	return answer()
}

// outbound is a packet from a target.
func (b *Balancer) outbound(p packet, now time.Time) packet {
	f := b.backs[backKey{balancer: p.destination(), target: p.source()}]
	if f == nil {
		return nil
	}
	f.note(p, 2, now)
	p.readdress(f.key.balancer, f.key.client)
	return p
}

// note keeps the state of the connection that a packet of one end changes.
func (f *flow) note(p packet, end byte, now time.Time) {
	f.last = now
	if p.flags()&fin != 0 {
		f.fins |= end
	}
	if f.closed.IsZero() && (f.fins == 3 || p.flags()&rst != 0) {
		f.closed = now
	}
}

// open routes a new connection by a hash of the protocol, both ends and the sequence number
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/introduction.html#network-load-balancer-overview).
func (b *Balancer) open(p packet, key flowKey, zone *zone, group Group) *flow {
	choice := zone.choice(group.Port)
	if len(choice) == 0 {
		return nil
	}
	hash := maphash.Comparable(b.seed, struct {
		key      flowKey
		sequence uint32
	}{key, p.sequence()})
	f := &flow{key: key, first: p.sequence()}
	f.back.target = netip.AddrPortFrom(choice[hash%uint64(len(choice))].addr, group.Port)
	f.back.balancer = b.port(key.balancer.Addr(), f.back.target)
	b.flows[key], b.backs[f.back] = f, f
	return f
}

// port finds a free port for a connection to a target.
func (b *Balancer) port(balancer netip.Addr, target netip.AddrPort) netip.AddrPort {
	for {
		b.next = max(b.next+1, firstPort)
		port := netip.AddrPortFrom(balancer, b.next)
		if old := b.backs[backKey{port, target}]; old == nil {
			return port
		}
	}
}

func (b *Balancer) forget(f *flow) {
	delete(b.flows, f.key)
	delete(b.backs, f.back)
}

// sweep forgets connections that are over, and targets that have drained.
func (b *Balancer) sweep(now time.Time) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, f := range b.flows {
		if now.Sub(f.last) > idle || !f.closed.IsZero() && now.Sub(f.closed) > linger {
			b.forget(f)
		}
	}
	for _, zone := range b.zones {
		for key, t := range zone.targets {
			if !t.draining.IsZero() && now.Sub(t.draining) >= b.groups[key.group].Drain {
				delete(zone.targets, key)
			}
		}
	}
}

// choice is the targets that may get a new connection: the healthy ones; without any, all
// ("fail open"). Those that are leaving get none.
func (z *zone) choice(group uint16) []*target {
	var all, healthy []*target
	for key, t := range z.targets {
		if key.group != group || !t.draining.IsZero() {
			continue
		}
		all = append(all, t)
		if t.healthy {
			healthy = append(healthy, t)
		}
	}
	if len(healthy) == 0 {
		healthy = all
	}
	slices.SortFunc(healthy, func(a, b *target) int { return a.addr.Compare(b.addr) })
	return healthy
}

// broken reports whether a connection's target is gone, or unhealthy while others are not: its
// packets are answered with RST (target_health_state.unhealthy.connection_termination.enabled).
func (z *zone) broken(f *flow, group uint16) bool {
	t := z.targets[targetKey{group, f.back.target.Addr()}]
	if t == nil {
		return true
	}
	return t.unhealthy && t.draining.IsZero() && !slices.Contains(z.choice(group), t)
}

// Register adds a target to every group. It gets connections when its checks have passed.
func (b *Balancer) Register(addr netip.Addr) {
	b.each(addr, func(zone *zone, key targetKey) { zone.targets[key] = &target{addr: addr} })
}

// Deregister lets a target drain: no new connections, and the old ones for as long as the group's Drain.
func (b *Balancer) Deregister(addr netip.Addr) {
	now := time.Now()
	b.each(addr, func(zone *zone, key targetKey) {
		if t := zone.targets[key]; t != nil && t.draining.IsZero() {
			t.draining = now
		}
	})
}

func (b *Balancer) each(addr netip.Addr, do func(*zone, targetKey)) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, zone := range b.zones {
		for port := range b.groups {
			do(zone, targetKey{port, addr})
		}
	}
}

// Healthy returns how many targets every zone has found healthy, in the group where they are fewest.
func (b *Balancer) Healthy() int {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	fewest := -1
	for _, zone := range b.zones {
		for port := range b.groups {
			n := 0
			for key, t := range zone.targets {
				if key.group == port && t.healthy && t.draining.IsZero() {
					n++
				}
			}
			if fewest < 0 || n < fewest {
				fewest = n
			}
		}
	}
	return max(fewest, 0)
}

// observe takes the result of one check.
func (b *Balancer) observe(zone *zone, key targetKey, passed bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	t, check := zone.targets[key], b.groups[key.group].Check
	switch {
	case t == nil: // deregistered meanwhile
	case passed:
		t.passed, t.failed = t.passed+1, 0
		if t.passed >= check.Healthy {
			t.healthy, t.unhealthy = true, false
		}
	default:
		t.passed, t.failed = 0, t.failed+1
		if t.failed >= check.Unhealthy {
			t.healthy, t.unhealthy = false, true
		}
	}
}
