// Package covid19 carries the scripts and the sample data of the Covid-19 system into the
// program that deploys them, so that they are found wherever it is started from, and by
// modules that import the system. It holds no other Go code.
package covid19

import "embed"

// Files holds the scripts, and the sample tables under sample/.
//
//go:embed *.py sample/*.csv
var Files embed.FS
