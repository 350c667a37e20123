package emreks

import (
	"math/big"
	"testing"
	"testing/quick"
)

// TestBase36KnownPairs are pairs that EMR's own command line computes: those of
// tests/unit/customizations/emrcontainers/test_base36.py in aws-cli.
func TestBase36KnownPairs(t *testing.T) {
	for name, want := range map[string]string{
		"":                    "0",
		"abcdefghijkl":        "2x6xx5ubcrus4bplmr0",
		"+=,.@-_":             "3bu5b0xg4tb",
		"abcdefghijkl+=,.@-_": "1ll75jdngh5gbk11wbh7h35ji05wtb",
		"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwx": "hihg421ybq8vpwgxd21fae22r9rho7x8qpyskkz6iqadme7ds5fqxpnedq44doj5dlitkm8wswo3c5503yl55jfazzhbbqnnee7r70zw89fs5ojeipi6xeiydas7g7y9w3usdlzrlhxx0q50bxvt27tfu3ruwyx4fuv96rcfpkqxxg93vdclsof5ribhnrcvajmpvc",
	} {
		if got := Base36(name); got != want {
			t.Errorf("Base36(%q) = %q; want %q", name, got, want)
		}
	}
}

// TestBase36IsBigEndianArithmetic holds it against numbers of any size, for any bytes:
// zeros in front included, which vanish.
func TestBase36IsBigEndianArithmetic(t *testing.T) {
	same := func(name []byte) bool { return Base36(string(name)) == new(big.Int).SetBytes(name).Text(36) }
	if err := quick.Check(same, &quick.Config{MaxCount: 5000}); err != nil {
		t.Error(err)
	}
}

func TestServiceAccountsAreNamedAsEMRNamesThem(t *testing.T) {
	got := serviceAccount("*", "*", "123456789012", "abcdefghijkl")
	if want := "emr-containers-sa-*-*-123456789012-2x6xx5ubcrus4bplmr0"; got != want {
		t.Errorf("got %s; want %s", got, want)
	}
}

func TestQuantities(t *testing.T) {
	for q, want := range map[Quantity]string{"500m": "1/2", "6": "6/1", "1.5": "3/2", "1k": "1000/1", "2Ki": "2048/1", "0.5Gi": "536870912/1", "6000Gi": "6442450944000/1"} {
		if value, ok := q.rat(); !ok || value.String() != want {
			t.Errorf("%q is %v, %v; want %s", q, value, ok, want)
		}
	}
	for _, q := range []Quantity{"", "6 ", "-1", "1e3", "6cpu", "Gi", "1.", ".5", "0", "0m", "0Gi"} {
		if q.valid() {
			t.Errorf("%q is a quantity above nothing", q)
		}
	}
	for q, want := range map[Quantity]int64{"1Gi": 1024, "1G": 954, "512Mi": 512, "1Ki": 1} {
		if got := q.mebibytes(); got != want {
			t.Errorf("%q is %d MiB; want %d", q, got, want)
		}
	}
}
