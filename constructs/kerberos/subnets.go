package kerberos

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/lakekeel/lakekeel/internal/check"
)

// carve is the number-th of the 2^bits parts of a range.
func carve(whole netip.Prefix, bits, number int) netip.Prefix {
	size := whole.Bits() + bits
	first := binary.BigEndian.Uint32(whole.Addr().AsSlice())
	var address [4]byte
	binary.BigEndian.PutUint32(address[:], first+uint32(number)<<(32-size))
	return netip.PrefixFrom(netip.AddrFrom4(address), size)
}

// publicCIDRs are a sixteenth of the VPC each: they hold a NAT gateway and nothing else.
func (p NetworkProps) publicCIDRs() []string { return p.subnets(p.PublicCIDRs, 4, 0) }

// privateCIDRs are a quarter of the VPC each, behind the public ones: clusters are there.
func (p NetworkProps) privateCIDRs() []string { return p.subnets(p.PrivateCIDRs, 2, 2) }

func (p NetworkProps) subnets(given []string, bits, from int) []string {
	if len(given) > 0 {
		return given
	}
	whole := netip.MustParsePrefix(p.cidr())
	return []string{carve(whole, bits, from).String(), carve(whole, bits, from+1).String()}
}

// checkCIDRs looks at the ranges of a network that is made.
func (p NetworkProps) checkCIDRs(faults *check.Faults) {
	vpc, ok := parseRange(p.cidr())
	ok = ok && vpc.Bits() >= 16 && vpc.Bits() <= 24
	faults.Want(ok, "CIDR", p.cidr(), `a range of IPv4 addresses from /16 to /24, e.g. "10.0.0.0/16"`)
	var taken []netip.Prefix
	for _, list := range []struct {
		field string
		cidrs []string
	}{{"PublicCIDRs", p.PublicCIDRs}, {"PrivateCIDRs", p.PrivateCIDRs}} {
		faults.Want(len(list.cidrs) == 0 || len(list.cidrs) == 2, list.field, list.cidrs, "two ranges, one for each zone, or none")
		for i, cidr := range list.cidrs {
			field := fmt.Sprintf("%s[%d]", list.field, i)
			subnet, sound := parseRange(cidr)
			faults.Want(sound && subnet.Bits() <= 28, field, cidr, `a range of IPv4 addresses of /28 or wider, e.g. "10.0.1.0/24"`)
			if !sound || !ok {
				continue
			}
			faults.Want(vpc.Bits() <= subnet.Bits() && vpc.Contains(subnet.Addr()), field, cidr, "a range in the VPC's, which is "+p.cidr())
			for _, other := range taken {
				faults.Want(!other.Overlaps(subnet), field, cidr, "a range apart from "+other.String()+", which another subnet has")
			}
			taken = append(taken, subnet)
		}
	}
	both := len(p.PublicCIDRs) == 0 == (len(p.PrivateCIDRs) == 0)
	faults.Want(both, "PrivateCIDRs", p.PrivateCIDRs, "ranges exactly if PublicCIDRs has some: either all four subnets are given or none")
}

// parseRange refuses a range with bits set behind its mask, which is a slip of the pen.
func parseRange(cidr string) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(cidr)
	return prefix, err == nil && prefix.Addr().Is4() && prefix == prefix.Masked()
}
