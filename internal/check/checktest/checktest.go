// Package checktest compares what a Validate method says with what it should say, word
// for word.
package checktest

import (
	"errors"
	"testing"

	"github.com/lakekeel/lakekeel/internal/check"
)

// Case compares the message of one case as a test of its own; see [Message].
func Case(t *testing.T, name string, err error, want string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Helper()
		Message(t, err, want)
	})
}

// Message fails the test unless err is made of a [check.Fault] or several and reads as
// want, or is nil and want is empty.
func Message(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
		if fault := (*check.Fault)(nil); !errors.As(err, &fault) {
			t.Errorf("%T is no check.Fault", err)
		}
	}
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
