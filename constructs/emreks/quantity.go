package emreks

import (
	"math/big"
	"regexp"
)

// A Quantity is an amount of CPU or memory as Kubernetes writes it: "500m" is half a CPU,
// "6" six of them, "24Gi" is memory in powers of 1,024 and "24G" in powers of 1,000.
// See https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/; the
// exponent form of it, "1e3", is not taken.
//
// Kubernetes's own type is not used: it would be the only thing taken from a module
// that brings a dozen others.
type Quantity string

var quantity = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$`)

const wantQuantity = `a quantity of Kubernetes, e.g. "500m", "6" or "24Gi"`

// rat is the exact value, in CPUs or bytes, and whether q is a quantity at all.
func (q Quantity) rat() (*big.Rat, bool) {
	parts := quantity.FindStringSubmatch(string(q))
	if parts == nil {
		return new(big.Rat), false
	}
	value, ok := new(big.Rat).SetString(parts[1])
	if !ok {
		return new(big.Rat), false
	}
	return value.Mul(value, scale(parts[2])), true
}

// scale is what a suffix multiplies by.
func scale(suffix string) *big.Rat {
	if suffix == "m" {
		return big.NewRat(1, 1000)
	}
	base, power := int64(1000), map[string]int64{"": 0, "k": 1, "M": 2, "G": 3, "T": 4, "P": 5}[suffix]
	if len(suffix) == 2 {
		base, power = 1024, map[string]int64{"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5}[suffix]
	}
	return new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(base), big.NewInt(power), nil))
}

// value is that of a quantity that has been checked.
func (q Quantity) value() *big.Rat {
	value, _ := q.rat()
	return value
}

func (q Quantity) valid() bool {
	value, ok := q.rat()
	return ok && value.Sign() > 0
}

// exceeds tells whether q is more than most. A quantity that is none exceeds nothing:
// it is a fault of its own.
func (q Quantity) exceeds(most Quantity) bool {
	return q.valid() && most.valid() && q.value().Cmp(most.value()) > 0
}

// mebibytes is a memory in MiB, rounded up, which is how Spark is told.
func (q Quantity) mebibytes() int64 {
	value := new(big.Rat).Quo(q.value(), big.NewRat(1<<20, 1))
	whole, rest := new(big.Int).QuoRem(value.Num(), value.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		whole.Add(whole, big.NewInt(1))
	}
	return whole.Int64()
}
