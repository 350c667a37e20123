// Package shared carries the modules that scripts of several systems import, for the
// program that deploys them. It holds no other Go code.
package shared

import "embed"

// Files holds the modules; a job gets one by --extra-py-files.
//
//go:embed *.py
var Files embed.FS
