// Package check reports values that cannot be accepted, all of them at once.
//
// Every Validate method of the library, the configuration file and the
// command line speak through it, so that a bad value reads the same wherever
// it was found: where it stands, what it holds, what it should hold.
package check

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
)

// A Fault is one value that cannot be accepted, told to the person who wrote
// it: where it stands, what it holds, and what it should have held.
type Fault struct {
	Field string // path from the props type, e.g. "glue.WorkflowProps.Steps[1].Run"
	Got   any    // the refused value
	Want  string // what would be accepted, e.g. "a name no other step has"
}

// Error reads as a sentence: `glue.JobProps.Name is ""; want 1 to 255 characters`.
func (f *Fault) Error() string {
	got := fmt.Sprint(f.Got)
	if s, ok := f.Got.(string); ok {
		got = strconv.Quote(s)
	}
	return fmt.Sprintf("%s is %s; want %s", f.Field, got, f.Want)
}

// Faults gathers the faults of one value. Make it with [Of].
type Faults struct {
	root string
	errs []error
}

// Of returns an empty collection for the props type named root, for example
// "glue.WorkflowProps". Fields given to the other methods are relative to it.
func Of(root string) *Faults { return &Faults{root: root} }

// Want records a fault unless ok.
func (f *Faults) Want(ok bool, field string, got any, want string) {
	if !ok {
		f.errs = append(f.errs, &Fault{Field: f.path(field), Got: got, Want: want})
	}
}

// Add records what another Validate returned, as it stands. A nil err is no fault.
func (f *Faults) Add(err error) {
	if err != nil {
		f.errs = append(f.errs, err)
	}
}

// Err joins all faults, one a line, or is nil when there are none.
func (f *Faults) Err() error { return errors.Join(f.errs...) }

func (f *Faults) path(field string) string {
	if field == "" || f.root == "" {
		return f.root + field
	}
	return f.root + "." + field
}

// Nearest returns the candidate that a person most likely meant by got, and
// whether any is near enough to suggest: at most a third of its letters differ.
func Nearest(got string, candidates []string) (string, bool) {
	if len(candidates) == 0 {
		return "", false
	}
	distance := func(s string) int { return levenshtein.Distance(got, s, nil) }
	best := slices.MinFunc(candidates, func(a, b string) int { return cmp.Or(cmp.Compare(distance(a), distance(b)), cmp.Compare(a, b)) })
	return best, distance(best)*3 <= max(len(best), len(got))
}

// OneOf says which values there are, for what a [Fault] wants: `"a", "b" or "c"`.
func OneOf[T ~string](values []T) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = strconv.Quote(string(v))
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}

// Suggest adds the [Nearest] candidate to what was wanted, if one is near.
func Suggest[T ~string](want, got string, candidates []T) string {
	plain := make([]string, len(candidates))
	for i, v := range candidates {
		plain[i] = string(v)
	}
	if near, ok := Nearest(got, plain); ok && near != got {
		return fmt.Sprintf("%s; nearest is %q", want, near)
	}
	return want
}
