package nlb

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Serve handles what arrives at a network device, and checks the targets, until ctx is
// done. within calls a function whose sockets are then the balancer's machine's.
func (b *Balancer) Serve(ctx context.Context, device *os.File, within func(func() error) error) error {
	var all sync.WaitGroup
	defer all.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { device.Close() })
	defer stop()
	all.Go(func() { b.watch(ctx, within) })
	buffer := make([]byte, 1<<16)
	for {
		n, err := device.Read(buffer)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("the balancer's device: %w", err)
		}
		p, ok := tcpPacket(buffer[:n])
		if !ok {
			continue
		}
		if answer := b.handle(p, time.Now()); answer != nil {
			if _, err := device.Write(answer); err != nil && ctx.Err() == nil {
				return fmt.Errorf("the balancer's device: %w", err)
			}
		}
	}
}

// watch keeps one checker for each zone, group and target.
func (b *Balancer) watch(ctx context.Context, within func(func() error) error) {
	var all sync.WaitGroup
	defer all.Wait()
	started := map[*target]bool{}
	for ctx.Err() == nil {
		b.sweep(time.Now())
		b.mutex.Lock()
		for _, zone := range b.zones {
			for key, t := range zone.targets {
				if !started[t] {
					started[t] = true
					all.Go(func() { b.look(ctx, zone, key, t, within) })
				}
			}
		}
		b.mutex.Unlock()
		pause(ctx, 100*time.Millisecond)
	}
}

// look checks one target until it is gone.
func (b *Balancer) look(ctx context.Context, zone *zone, key targetKey, t *target, within func(func() error) error) {
	check := b.groups[key.group].Check
	for ctx.Err() == nil {
		b.mutex.Lock()
		gone := zone.targets[key] != t
		b.mutex.Unlock()
		if gone {
			return
		}
		start := time.Now()
		b.observe(zone, key, within(func() error { return check.try(t.addr) }) == nil)
		pause(ctx, check.Interval-time.Since(start))
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// try is one check.
func (c Check) try(addr netip.Addr) error {
	deadline := time.Now().Add(c.Timeout)
	connection, err := net.DialTimeout("tcp", netip.AddrPortFrom(addr, c.Port).String(), c.Timeout)
	if err != nil {
		return err
	}
	defer connection.Close()
	if c.Path == "" {
		return nil
	}
	connection.SetDeadline(deadline)
	fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: ELB-HealthChecker/2.0\r\nConnection: close\r\n\r\n", c.Path, addr)
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode > 399 {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}

// OpenDevice makes a network device in the network of the calling thread: what is routed to it
// is read from the file, what is written to the file arrives from it.
func OpenDevice(name string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/net/tun: %w", err)
	}
	request, err := unix.NewIfreq(name)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		_, _, number := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TUNSETIFF, uintptr(unsafe.Pointer(request)))
		if number != 0 {
			err = number
		}
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("network device %s: %w", name, err)
	}
	return os.NewFile(uintptr(fd), name), nil
}
