// Package fundperformance carries the scripts and the sample feed of the fund-performance
// system into the program that deploys them. It holds no other Go code.
package fundperformance

import "embed"

// Files holds the scripts, and the feed under sample/.
//
//go:embed *.py sample/*.csv
var Files embed.FS
