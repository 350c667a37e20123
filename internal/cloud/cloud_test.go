package cloud

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"github.com/aws/smithy-go"
)

func TestExplain(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	tests := map[string]struct {
		err  error
		want string
		gone bool
	}{
		"a service's own words and code": {
			err:  layers(&smithy.GenericAPIError{Code: "EntityNotFoundException", Message: "Workflow Covid\n not found."}),
			want: "Workflow Covid not found. (EntityNotFoundException)",
		},
		"a code that the words repeat is not repeated": {
			err:  layers(&smithy.GenericAPIError{Code: "SYNTAX_ERROR", Message: "SYNTAX_ERROR: line 1"}),
			want: "SYNTAX_ERROR: line 1",
		},
		"a code without words":              {err: &smithy.GenericAPIError{Code: "Throttling"}, want: "Throttling"},
		"a refused connection":              {err: layers(refused), want: "no answer: connection refused", gone: true},
		"a wrapped error is its innermost":  {err: layers(errors.New("bad seed")), want: "bad seed"},
		"an interrupt is not a lost server": {err: layers(context.Canceled), want: "context canceled"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Explain(test.err); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if got := Gone(test.err); got != test.gone {
				t.Errorf("Gone = %v; want %v", got, test.gone)
			}
		})
	}
}

// layers wraps an error as the SDK does.
func layers(err error) error {
	return fmt.Errorf("operation error Glue: GetWorkflow, %w", fmt.Errorf("https response error StatusCode: 400, %w", err))
}
