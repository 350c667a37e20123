package doctor

import "golang.org/x/sys/unix"

// totalMemory returns the machine's memory in bytes.
func totalMemory() (uint64, error) { return unix.SysctlUint64("hw.memsize") }
