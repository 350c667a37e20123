// Package olympics carries the cleansing views and the sample of the Olympics system, for the
// program that deploys them. It holds no other Go code.
package olympics

import "embed"

// Files holds views/*.sql, one view each, and sample/*.csv, which make_sample.py writes.
//
//go:embed views/*.sql sample/*.csv
var Files embed.FS
