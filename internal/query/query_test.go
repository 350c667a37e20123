package query

import "testing"

func TestMessage(t *testing.T) {
	tests := map[string]struct{ reason, want string }{
		"DuckDB's pointer and echo": {"Binder Error: Referenced column \"nam\" not found!\nCandidate bindings: \"name\"\n\nLINE 1: SELECT nam FROM people\n               ^",
			`Binder Error: Referenced column "nam" not found! Candidate bindings: "name"`},
		"one line stays":     {"SYNTAX_ERROR: line 1:8: Column 'x' cannot be resolved", "SYNTAX_ERROR: line 1:8: Column 'x' cannot be resolved"},
		"a file is no table": {"No files found in read_csv('data/x.csv', header=true) today", "No files found in the table today"},
		"silence":            {" \n", "the query failed, and the service does not say why"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Message(test.reason); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
