// Package scd2 carries the jobs that keep the history of contacts into the program that
// deploys them, so that they are found wherever it is started from. It holds no other Go code.
package scd2

import "embed"

// Files holds the scripts: a job is one of the *_contacts.py or maintain.py, with all the
// others beside it.
//
//go:embed *.py
var Files embed.FS
