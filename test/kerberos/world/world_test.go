//go:build linux

// Package world tests the machines that `lakekeel prove` makes of namespaces. The test program runs
// itself again inside a world.
package world

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lakekeel/lakekeel/internal/prove/world"
)

func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if world.Inside() {
		os.Exit(m.Run())
	}
	if err := world.Permitted(); err != nil {
		fmt.Println("*** NOT PROVED: machines made of namespaces:", err)
		os.Exit(0)
	}
	if err := world.Enter(ctx); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// one and two are machines at the same switch.
func TestMachines(t *testing.T) {
	w, err := world.New()
	if err != nil {
		t.Fatal(err)
	}
	boot := func(name, address string) *world.Machine {
		m, err := w.Boot(name, netip.MustParseAddr(address), nil)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	one, two := boot("one", "10.1.1.1"), boot("two", "10.1.1.2")
	ctx := t.Context()

	reach := func() error {
		_, err := one.Run(ctx, "bash", "-c", "timeout 1 bash -c '</dev/tcp/10.1.1.2/9'")
		if err != nil && strings.Contains(err.Error(), "refused") {
			return nil // an answer, if not a friendly one
		}
		return fmt.Errorf("no answer: %v", err)
	}
	t.Run("hear each other, unless a link is cut", func(t *testing.T) {
		for step, do := range []func() error{reach, two.Cut, func() error {
			if reach() == nil {
				return fmt.Errorf("a cut link carries")
			}
			return nil
		}, two.Mend, reach} {
			if err := do(); err != nil {
				t.Errorf("step %d: %v", step, err)
			}
		}
	})
	t.Run("have files of their own", func(t *testing.T) {
		if _, err := one.Run(ctx, "sh", "-c", "echo mine > /etc/lakekeel-test"); err != nil {
			t.Fatal(err)
		}
		if _, err := two.Run(ctx, "test", "-e", "/etc/lakekeel-test"); err == nil {
			t.Error("the other machine sees the file")
		}
		if _, err := os.Stat("/etc/lakekeel-test"); err == nil {
			t.Error("the file is on this machine")
		}
	})
	t.Run("restart their services", func(t *testing.T) {
		unit := "[Unit]\nDefaultDependencies=no\n[Service]\nType=exec\nExecStart=/bin/sleep 1000\nRestart=always\nRestartSec=10ms\n"
		if err := os.WriteFile(filepath.Join(one.Root(), "etc/systemd/system/sleeper.service"), []byte(unit), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := one.Run(ctx, "systemctl", "start", "sleeper"); err != nil {
			t.Fatal(err)
		}
		if n, err := two.Signal("sleep", unix.SIGKILL); n != 0 || err != nil {
			t.Errorf("%d processes of another machine were killed (%v)", n, err)
		}
		if n, err := one.Signal("sleep", unix.SIGKILL); n != 1 || err != nil {
			t.Fatalf("%d processes were killed (%v); want 1", n, err)
		}
		for range 100 {
			if one.Running("sleep") {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Error("the service is not started again")
	})
	t.Run("die at once, with what was begun and left", func(t *testing.T) {
		began := time.Now()
		limited, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		one.Run(limited, "sh", "-c", "setsid sleep 500 & sleep 500") // the first is an orphan now
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("a command that was cancelled took %s", took)
		}
		died := make(chan error, 1)
		go func() { died <- one.Kill() }()
		select {
		case err := <-died:
			if err != nil || one.Running("sleep") {
				t.Errorf("it lives: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("it does not die")
		}
		if err := one.Kill(); err != nil {
			t.Errorf("killing the dead: %v", err)
		}
	})
	t.Run("take a name again, without what was there", func(t *testing.T) {
		again := boot("one", "10.1.1.3")
		if _, err := again.Run(ctx, "test", "-e", "/etc/lakekeel-test"); err == nil {
			t.Error("the files of the dead machine are there")
		}
	})
}
