package glue

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// maxName is the longest name of a job, crawler, trigger, workflow or database,
// in bytes of UTF-8: https://docs.aws.amazon.com/glue/latest/webapi/API_CreateTrigger.html.
const maxName = 255

// maxDescription is the longest description of anything but a workflow, in bytes.
const maxDescription = 2048

// maxTimeout is the longest run of a job: seven days, by the description of
// Timeout in https://docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html.
const maxTimeout = 7 * 24 * time.Hour

const (
	wantName        = "1 to 255 bytes on a single line, in plain text"
	wantDescription = "at most 2048 bytes, without control characters"
	wantMinutes     = "whole minutes, from 1m0s to 168h0m0s, or 0 for the default"
)

// isName tells whether Glue takes s as the name of a thing. Names are compared in
// the graph and must be known at synth, so a CDK token is none.
func isName(s string) bool {
	return s != "" && len(s) <= maxName && utf8.ValidString(s) && !policy.HasToken(s) && !strings.ContainsFunc(s, isControl)
}

// isReference tells whether s names a thing that the construct only refers to, which
// may be made in the same app and then be a token.
func isReference(s string) bool { return policy.HasToken(s) || isName(s) }

// isControl follows Glue's single-line pattern, which takes the tab but no other
// control character.
func isControl(r rune) bool { return r != '\t' && unicode.Is(unicode.Cc, r) && r < 0x20 }

func isDescription(s string) bool {
	return len(s) <= maxDescription && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return isControl(r) && r != '\n' && r != '\r' })
}

// isTimeout tells whether Glue can stop a run after d; zero stands for the default.
func isTimeout(d time.Duration) bool {
	return d == 0 || d >= time.Minute && d <= maxTimeout && d%time.Minute == 0
}

// isS3 tells whether url is s3://bucket/key, where both may hold tokens, and the key
// is needed if wanted so.
func isS3(url string, wantKey bool) bool {
	bucket, key, ok := splitS3(url)
	return ok && bucket != "" && (key != "" || !wantKey) && !strings.ContainsAny(url, "\n\r*")
}

// splitS3 takes s3://bucket/key apart. Tokens hold no slash, so the first slash
// after the scheme ends the bucket.
func splitS3(url string) (bucket, key string, ok bool) {
	rest, ok := strings.CutPrefix(url, "s3://")
	bucket, key, _ = strings.Cut(rest, "/")
	return bucket, key, ok
}

// sorted returns the keys of m in order, so that faults come in the same order in
// every run.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// tablePrefix is what may stand before the names of tables: Glue takes 128 bytes,
// the catalog folds capitals, and Athena has to quote anything else.
var tablePrefix = regexp.MustCompile(`^[a-z0-9_]{0,128}$`)
