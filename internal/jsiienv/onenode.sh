#!/bin/sh
# Starts jsii's kernel. jsii's Go runtime calls this as node, with the path of its own
# entry point, bin/jsii-runtime.js. That one starts lib/program.js in a second process,
# to talk with it by descriptor 3 and keep its output apart from the answers. Here the
# descriptors are put in place first, and program.js is the only process.
program=${1%/bin/jsii-runtime.js}/lib/program.js
if grep -qs 'readFD:3,writeFD:3' "$program"; then
	exec node --preserve-symlinks "${0%.sh}.js" "$program" 3<&0 4>&1 0</dev/null 1>&2
fi
exec node "$@" # another jsii than the one known here: its own way
