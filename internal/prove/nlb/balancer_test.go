package nlb

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

var (
	front  = netip.MustParseAddr("10.88.1.11")
	first  = netip.MustParseAddr("10.88.0.11")
	second = netip.MustParseAddr("10.88.0.12")
	start  = time.Unix(0, 0)
)

// segment makes a packet from a client's port, with sound checksums.
func segment(from, to netip.AddrPort, flags byte, sequence uint32) packet {
	p := make(packet, minimalHeaders)
	p[0], p[8], p[9] = 0x45, 64, tcp
	binary.BigEndian.PutUint16(p[2:], minimalHeaders)
	p[32], p[33] = 5<<4, flags
	binary.BigEndian.PutUint32(p[24:], sequence)
	p.readdress(from, to)
	return p
}

func client(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr("10.88.0.100"), port)
}

func listener() netip.AddrPort { return netip.AddrPortFrom(front, 88) }

// twoTargets is a balancer with two targets, healthy as said.
func twoTargets(healthy ...bool) *Balancer {
	b := New([]netip.Addr{front}, Group{Port: 88, Drain: 30 * time.Second, Check: Check{Healthy: 2, Unhealthy: 2}})
	for i, addr := range []netip.Addr{first, second} {
		b.Register(addr)
		for range 2 {
			b.observe(b.zones[front], targetKey{88, addr}, healthy[i])
		}
	}
	return b
}

// open sends a SYN from each of a number of ports and counts where they go.
func open(b *Balancer, connections int) map[netip.Addr]int {
	to := map[netip.Addr]int{}
	for port := range uint16(connections) {
		if p := b.handle(segment(client(10000+port), listener(), syn, 1), start); p != nil {
			to[p.destination().Addr()]++
		}
	}
	return to
}

func TestNewConnectionsGoToHealthyTargets(t *testing.T) {
	tests := map[string]struct {
		healthy       []bool
		first, second bool
	}{
		"both":                            {[]bool{true, true}, true, true},
		"the one":                         {[]bool{false, true}, false, true},
		"all when none is: it fails open": {[]bool{false, false}, true, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			to := open(twoTargets(test.healthy...), 200)
			if to[first]+to[second] != 200 || (to[first] > 0) != test.first || (to[second] > 0) != test.second {
				t.Errorf("200 connections went to %v", to)
			}
		})
	}
}

func TestConnectionsAreSpreadEvenly(t *testing.T) {
	if to := open(twoTargets(true, true), 2000); to[first] < 850 || to[first] > 1150 {
		t.Errorf("2000 connections went to %v", to)
	}
}

func TestConnectionPassesBothWaysWithSoundChecksums(t *testing.T) {
	b := twoTargets(true, false)
	there := b.handle(segment(client(5), listener(), syn, 1), start)
	sound(t, there)
	back := b.handle(segment(there.destination(), there.source(), syn|ack, 9), start)
	if back == nil || back.source() != listener() || back.destination() != client(5) {
		t.Fatalf("the answer goes from %v to %v", back.source(), back.destination())
	}
	sound(t, back)
	again := b.handle(segment(client(5), listener(), ack, 2), start)
	if again.destination() != there.destination() || again.source() != there.source() {
		t.Error("a later packet of the connection goes another way")
	}
}

func sound(t *testing.T, p packet) {
	t.Helper()
	kept := append(packet(nil), p...)
	p.sum()
	if string(kept) != string(p) {
		t.Error("a checksum is wrong")
	}
}

func TestConnectionOfUnhealthyTargetIsBrokenOff(t *testing.T) {
	b := twoTargets(true, true)
	there := b.handle(segment(client(5), listener(), syn, 1), start).destination().Addr()
	for range 2 {
		b.observe(b.zones[front], targetKey{88, there}, false)
	}
	answer := b.handle(segment(client(5), listener(), ack, 2), start)
	if answer == nil || answer.flags()&rst == 0 || answer.destination() != client(5) {
		t.Errorf("the client gets %v instead of RST", answer)
	}
	sound(t, answer)
}

func TestTargetThatDrainsKeepsWhatItHas(t *testing.T) {
	b := twoTargets(true, false)
	there := b.handle(segment(client(5), listener(), syn, 1), start)
	for range 2 {
		b.observe(b.zones[front], targetKey{88, second}, true)
	}
	b.Deregister(first)
	if to := open(b, 100); to[first] != 0 || to[second] != 100 {
		t.Errorf("new connections went to %v", to)
	}
	if p := b.handle(segment(client(5), listener(), ack, 2), start); p.destination() != there.destination() {
		t.Error("the open connection was broken off")
	}
	b.sweep(time.Now().Add(31 * time.Second))
	if p := b.handle(segment(client(5), listener(), ack, 2), start); p.flags()&rst == 0 {
		t.Error("the connection outlives the target")
	}
}

func TestTargetRegisteredAgainKeepsItsConnections(t *testing.T) {
	b := twoTargets(true, false)
	there := b.handle(segment(client(5), listener(), syn, 1), start)
	b.Deregister(first)
	b.Register(first)
	if p := b.handle(segment(client(5), listener(), ack, 2), start); p.destination() != there.destination() {
		t.Error("the connection is broken off before a check has failed")
	}
}

func TestHealthChangesAfterChecksInARow(t *testing.T) {
	b := twoTargets(true, true)
	results := []struct {
		passed bool
		want   int // healthy targets afterwards
	}{{false, 2}, {true, 2}, {false, 2}, {false, 1}, {true, 1}, {false, 1}, {true, 1}, {true, 2}}
	for i, result := range results {
		b.observe(b.zones[front], targetKey{88, first}, result.passed)
		if got := b.Healthy(); got != result.want {
			t.Errorf("after check %d (passed: %v) %d targets are healthy; want %d", i+1, result.passed, got, result.want)
		}
	}
}

func TestUnknownConnectionIsRefused(t *testing.T) {
	b := twoTargets(true, true)
	if p := b.handle(segment(client(5), listener(), ack, 2), start); p == nil || p.flags()&rst == 0 {
		t.Error("a packet of no connection is not answered with RST")
	}
	if p := b.handle(segment(client(5), listener(), rst, 2), start); p != nil {
		t.Error("RST is answered")
	}
}

func TestPortIsUsedAgainAfterTheConnection(t *testing.T) {
	for _, ended := range []bool{true, false} {
		b := twoTargets(true, true)
		seen := map[netip.AddrPort]bool{}
		for sequence := range uint32(64) {
			there := b.handle(segment(client(5), listener(), syn, sequence*1000), start)
			seen[there.destination()] = true
			if again := b.handle(segment(client(5), listener(), syn, sequence*1000), start); again.source() != there.source() || again.destination() != there.destination() {
				t.Error("a SYN that is sent again goes another way")
			}
			if ended {
				b.handle(segment(client(5), listener(), rst|ack, sequence*1000+1), start)
			}
		}
		if len(seen) != 2 {
			t.Errorf("64 connections from one port, ended: %v, went to %v", ended, seen)
		}
	}
}

func TestWhatIsNoTCPIsNoPacket(t *testing.T) {
	whole := segment(client(5), listener(), syn, 1)
	change := func(at int, to byte) []byte {
		p := append([]byte(nil), whole...)
		p[at] = to
		return p
	}
	for name, data := range map[string][]byte{
		"empty": nil, "cut": whole[:39], "UDP": change(9, 17), "IPv6": change(0, 0x65), "fragment": change(6, 0x20), "longer than it is": change(3, 41), "header beyond its end": change(0, 0x4f),
	} {
		if _, ok := tcpPacket(data); ok {
			t.Errorf("%s is taken for a TCP packet", name)
		}
	}
	if _, ok := tcpPacket(whole); !ok {
		t.Error("a SYN is not taken for a TCP packet")
	}
}
