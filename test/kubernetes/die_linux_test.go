package kubernetes

import "syscall"

// dieTogether ends a child when the test binary is killed before it can clean up.
func dieTogether() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
