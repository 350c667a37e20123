//go:build linux

package kdc

import (
	"strings"
	"testing"
	"time"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
	"github.com/lakekeel/lakekeel/internal/report"
)

var struck = time.UnixMicro(1_000_000_000_000)

// at is a login that began so many seconds after the fault and took so many milliseconds.
func at(second, took float64, kind, result string) Login {
	return Login{At: struck.Add(time.Duration(second * 1e9)), Took: time.Duration(took * 1e6), Kind: kind, Result: result}
}

// sound is a trial that holds everything.
func sound() Trial {
	t := Trial{Design: "lakekeel", Fault: "link", Nodes: 2, Repeat: 1, Struck: struck, Lasted: 10 * time.Second, Whole: 4 * time.Second, Wanted: 3, Acknowledged: 3}
	for i := range 600 {
		for _, kind := range []string{"library", "java"} {
			t.Logins = append(t.Logins, at(-12+float64(i)/20, 10, kind, "ok"))
		}
	}
	return t
}

func TestTrialIsHeldToWhatIsRequired(t *testing.T) {
	late := func(n int, took float64) func(*Trial) {
		return func(t *Trial) {
			for i := range n {
				t.Logins = append(t.Logins, at(1+float64(i)/100, took, "kinit", "ok"))
			}
		}
	}
	tests := map[string]struct {
		change func(*Trial)
		want   string
	}{
		"sound":              {func(*Trial) {}, ""},
		"one failed":         {func(t *Trial) { t.Logins = append(t.Logins, at(3, 10, "java", "no KDC")) }, "Java: 1 of 601 logins failed"},
		"failed before it":   {func(t *Trial) { t.Logins = append(t.Logins, at(-6, 10, "kinit", "no KDC")) }, "MIT: 1 of 601 logins failed"},
		"one above 5 s":      {late(1, 5001), "MIT: a login took 5.0s"},
		"a few slow":         {late(1, 4000), ""},
		"many slow":          {late(20, 30), "MIT: p99 30.0 ms during, 10.0 ms before"},
		"twice is allowed":   {late(20, 20), ""},
		"principal lost":     {func(t *Trial) { t.Lost = 1 }, "1 acknowledged principals lost"},
		"principal refused":  {func(t *Trial) { t.Acknowledged = 2 }, "1 of 3 principals not created"},
		"not whole again":    {func(t *Trial) { t.Error = "not whole after 3m0s" }, "not whole after 3m0s"},
		"node spoiled":       {func(t *Trial) { t.Fault, t.Fewest = "storage", 1 }, "only 1 nodes stayed healthy for the balancer"},
		"node spared":        {func(t *Trial) { t.Fault, t.Fewest = "storage", 2 }, ""},
		"driver did nothing": {func(t *Trial) { t.Logins = nil }, "MIT: no login was tried\nJava: no login was tried"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			trial := sound()
			test.change(&trial)
			if got := strings.Join(trial.Broken(), "\n"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestReferenceIsNotHeldToIt(t *testing.T) {
	ours, theirs := sound(), sound()
	theirs.Design, theirs.Lost = "reference", 1
	if err := (Result{Trials: []Trial{theirs, ours}}).Err(); err != nil {
		t.Error(err)
	}
	ours.Lost = 1
	if err := (Result{Trials: []Trial{theirs, ours}}).Err(); err == nil || err.Error() != "link of a node cut, 2 nodes, repeat 1: 1 acknowledged principals lost" {
		t.Error(err)
	}
}

func TestDuringHasWhatWasUnderWay(t *testing.T) {
	trial := Trial{Struck: struck, Lasted: 10 * time.Second, Logins: []Login{
		at(-20, 1, "java", "ok"), at(-10, 1, "java", "ok"), at(-1, 999, "java", "ok"), at(-1, 1001, "java", "ok"), at(9, 1, "java", "ok"), at(11, 1, "java", "ok"),
	}}
	if before, during := trial.Before("Java"), trial.During("Java"); len(before) != 2 || len(during) != 2 || during[0].Took != 1001*time.Millisecond {
		t.Errorf("before: %v, during: %v", before, during)
	}
}

func TestQuantile(t *testing.T) {
	var values []time.Duration
	for i := range 100 {
		values = append(values, time.Duration(i+1))
	}
	for q, want := range map[float64]time.Duration{0.5: 50, 0.99: 99, 1: 100, 0: 1} {
		if got := quantile(values, q); got != want {
			t.Errorf("quantile %v is %v; want %v", q, got, want)
		}
	}
}

func TestReadLogins(t *testing.T) {
	got, err := readLogins(strings.NewReader("5 7 java ok\n6 8 kinit Cannot contact any KDC\n"))
	if err != nil || len(got) != 2 || got[1].Result != "Cannot contact any KDC" || got[1].OK() || !got[0].OK() || got[0].client() != "Java" || got[1].client() != "MIT" {
		t.Errorf("%v, %v", got, err)
	}
	for _, line := range []string{"", "x", "5 x java ok", "Error occurred during initialization"} {
		if _, err := parseLogin(line); err == nil {
			t.Errorf("%q is read as a login", line)
		}
	}
}

func TestOptionsValidate(t *testing.T) {
	good := Options{Logins: 400, Slots: 40, Rate: 100, Repeats: 1, Settle: time.Minute, Nodes: []int{2, 3}, Out: report.Terminal{}}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	bad := Options{Logins: 9, Slots: 0, Repeats: 101, Nodes: []int{1}, Faults: []string{"fire"}, Designs: []string{"ours"}, Principals: -1}
	want := `--logins is 9; want 10 to 1000000
--parallel is 0; want 1 to 1000
--rate is 0; want 1 to 10000
--repeats is 101; want 1 to 100
--settle is 0s; want 1s to 1h
--principals is -1; want 0 to 100000
--nodes is 1; want 2 to 9
--fault is "fire"; want "none", "krb5kdc", "kadmind", "node", "link", "propagation", "storage", "target" or "rolling"
--design is "ours"; want "lakekeel" or "reference"`
	checktest.Message(t, bad.Validate(), want)
}

func TestMessagesAreCounted(t *testing.T) {
	got := messages([]Login{at(0, 1, "java", "ok"), at(0, 1, "java", "b"), at(0, 1, "kinit", "a"), at(0, 1, "library", "a")})
	if len(got) != 2 || got[0] != "2 × MIT: a" || got[1] != "1 × Java: b" {
		t.Error(got)
	}
}
