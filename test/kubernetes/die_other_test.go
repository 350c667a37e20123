//go:build !linux

package kubernetes

import "syscall"

func dieTogether() *syscall.SysProcAttr { return nil }
