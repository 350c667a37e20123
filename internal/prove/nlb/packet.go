package nlb

import (
	"encoding/binary"
	"net/netip"
)

// A packet is one IPv4 packet with a TCP segment, changed in place.
type packet []byte

// Flags of a TCP segment (RFC 9293, section 3.1).
const (
	fin = 1 << 0
	syn = 1 << 1
	rst = 1 << 2
	ack = 1 << 4
)

const (
	tcp            = 6  // the protocol's number in an IPv4 header
	minimalHeaders = 40 // IPv4's and TCP's, without options
)

// tcpPacket returns data as a packet, and whether it is one: whole, IPv4, TCP, not a fragment.
func tcpPacket(data []byte) (packet, bool) {
	p := packet(data)
	if len(p) < minimalHeaders || p[0]>>4 != 4 || p[9] != tcp {
		return nil, false
	}
	whole := int(binary.BigEndian.Uint16(p[2:])) == len(p) && binary.BigEndian.Uint16(p[6:])&0x3fff == 0
	return p, whole && len(p) >= p.header()+20
}

func (p packet) header() int     { return int(p[0]&15) * 4 }
func (p packet) segment() []byte { return p[p.header():] }
func (p packet) flags() byte     { return p.segment()[13] }
func (p packet) sequence() uint32 {
	return binary.BigEndian.Uint32(p.segment()[4:])
}

func (p packet) source() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(p[12:16])), binary.BigEndian.Uint16(p.segment()))
}

func (p packet) destination() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(p[16:20])), binary.BigEndian.Uint16(p.segment()[2:]))
}

// readdress gives the packet other ends and mends its checksums.
func (p packet) readdress(source, destination netip.AddrPort) {
	from, to := source.Addr().As4(), destination.Addr().As4()
	copy(p[12:], from[:])
	copy(p[16:], to[:])
	binary.BigEndian.PutUint16(p.segment(), source.Port())
	binary.BigEndian.PutUint16(p.segment()[2:], destination.Port())
	p.sum()
}

// sum writes both checksums (RFC 1071; the pseudo header is RFC 9293's).
func (p packet) sum() {
	binary.BigEndian.PutUint16(p[10:], 0)
	binary.BigEndian.PutUint16(p[10:], checksum(0, p[:p.header()]))
	segment := p.segment()
	binary.BigEndian.PutUint16(segment[16:], 0)
	pseudo := uint32(tcp) + uint32(len(segment))
	for i := 12; i < 20; i += 2 {
		pseudo += uint32(binary.BigEndian.Uint16(p[i:]))
	}
	binary.BigEndian.PutUint16(segment[16:], checksum(pseudo, segment))
}

func checksum(sum uint32, data []byte) uint16 {
	for ; len(data) > 1; data = data[2:] {
		sum += uint32(binary.BigEndian.Uint16(data))
	}
	if len(data) == 1 {
		sum += uint32(data[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// reset returns the answer that ends a connection (RFC 9293, section 3.10.7.1).
func (p packet) reset() packet {
	answer := make(packet, minimalHeaders)
	answer[0], answer[8], answer[9] = 0x45, 64, tcp
	binary.BigEndian.PutUint16(answer[2:], minimalHeaders)
	segment := answer.segment()
	segment[12] = 5 << 4
	if p.flags()&ack != 0 {
		copy(segment[4:8], p.segment()[8:12])
		segment[13] = rst
	} else {
		length := uint32(len(p.segment()) - int(p.segment()[12]>>4)*4)
		if p.flags()&(syn|fin) != 0 {
			length++
		}
		binary.BigEndian.PutUint32(segment[8:], p.sequence()+length)
		segment[13] = rst | ack
	}
	answer.readdress(p.destination(), p.source())
	return answer
}
