package split

import (
	"fmt"
	"slices"
	"testing"
)

func reports(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("report-%04d", i)
	}
	return names
}

// The places of released names can never change: a moved resource is taken down first.
func TestPlaceIsContract(t *testing.T) {
	for name, want := range map[string]int{"": 13, "sales": 2, "report-0000": 2, "Umsätze": 4} {
		if got := Place(name, 16); got != want {
			t.Errorf("Place(%q, 16) = %d; want %d", name, got, want)
		}
	}
}

func TestOneMoreMovesNoOther(t *testing.T) {
	before, err := Stacks(reports(2250), 16, 500, nil)
	if err != nil {
		t.Fatal(err)
	}
	after, err := Stacks(append([]string{"a new one"}, reports(2250)...), 16, 500, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range before {
		if stayed := slices.DeleteFunc(slices.Clone(after[i]), func(s string) bool { return s == "a new one" }); !slices.Equal(before[i], stayed) {
			t.Errorf("stack %d changed", i)
		}
	}
}

func TestOneStackMoreMovesFewAndOnlyThere(t *testing.T) {
	moved := 0
	for _, name := range reports(2250) {
		before, after := Place(name, 16), Place(name, 17)
		if before != after {
			moved++
			if after != 16 {
				t.Errorf("%s moved from stack %d to %d; want the new stack 16", name, before, after)
			}
		}
	}
	if moved == 0 || moved > 2*2250/17 {
		t.Errorf("%d of 2250 moved; want about %d", moved, 2250/17)
	}
}

func TestSpreadIsEven(t *testing.T) {
	pieces, err := Stacks(reports(2250), 16, 500, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, piece := range pieces {
		if len(piece) < 100 || len(piece) > 180 {
			t.Errorf("stack %d holds %d; want about 140", i, len(piece))
		}
	}
}

func TestStacksRefuses(t *testing.T) {
	heavy := func(string) int { return 20 }
	tests := map[string]struct {
		stacks, capacity int
		weigh            func(string) int
		want             string
	}{
		"too many for a stack": {1, 50, nil, "stack 0 of 1 would hold 100, of at most 50; want 3 stacks"},
		"one alone too heavy":  {2, 10, heavy, "stack 0 of 2 would hold 1160, of at most 10; want fewer or lighter things"},
		"no stacks":            {0, 10, nil, "0 stacks; want 1 to 1024"},
		"too many stacks":      {1025, 10, nil, "1025 stacks; want 1 to 1024"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Stacks(reports(100), test.stacks, test.capacity, test.weigh)
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}
