package redshiftrls

import "strings"

// predicateFault says what a predicate should be, or nothing if it is one expression as far
// as its lexical shape tells: quotes and brackets closed, one statement, no comment that would
// swallow the bracket behind it. Whether its columns exist and it is boolean, Redshift says when
// the policy is made; the tests parse the predicates of examples with a parser of its dialect.
func predicateFault(s string) string {
	if strings.TrimSpace(s) == "" {
		return "a predicate, as in a WHERE clause"
	}
	depth := 0
	for i := 0; i < len(s); i++ {
		rest := s[i:]
		switch {
		case s[i] == '\'' || s[i] == '"':
			end := closing(rest)
			if end < 0 {
				return "a predicate whose quotes are closed"
			}
			i += end
		case strings.HasPrefix(rest, "--") || strings.HasPrefix(rest, "/*"):
			return "a predicate without comments"
		case s[i] == '$' && dollarQuote(rest):
			return "a predicate whose strings stand in single quotes"
		case s[i] == ';':
			return "one expression, without a semicolon"
		case s[i] == '(':
			depth++
		case s[i] == ')':
			if depth--; depth < 0 {
				return "a predicate whose brackets match"
			}
		}
	}
	if depth != 0 {
		return "a predicate whose brackets match"
	}
	return ""
}

// closing is where the quote that s begins with is closed, or -1. A doubled quote and a
// backslash in a string escape, as in Redshift.
func closing(s string) int {
	quote := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case quote == '\'' && s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i
		}
	}
	return -1
}

// dollarQuote says whether s begins a string in dollar quotes, $$ or $tag$.
func dollarQuote(s string) bool {
	end := strings.IndexByte(s[1:], '$')
	return end >= 0 && !strings.ContainsAny(s[1:1+end], " ()',;\n")
}
