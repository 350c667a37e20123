//go:build linux

package kdc

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/lakekeel/lakekeel/internal/prove/nlb"
	"github.com/lakekeel/lakekeel/internal/prove/world"
)

// reference is the published design: nodes that share one database in a folder, behind a balancer
// that looks at their ports. The daemons are not restarted when they end, as in the units of the
// distribution; bookkeeping of logins is off, which the shared folder would suffer from.
type reference struct {
	shared  string // the folder in the world
	control *os.File
}

const (
	sharedAt   = "/srv/kdc"
	controlAt  = tools + "/slowfile.control"
	kdcUnit    = "reference-krb5kdc.service"
	kadminUnit = "reference-kadmind.service"
)

func (*reference) name() string { return "reference" }

// groups are checked by TCP every 10 s, three times, as published.
func (*reference) groups() []nlb.Group {
	group := func(port uint16) nlb.Group {
		check := nlb.Check{Port: port, Interval: 10 * time.Second, Timeout: 10 * time.Second, Healthy: 3, Unhealthy: 3}
		return nlb.Group{Port: port, Check: check, Drain: drain}
	}
	return []nlb.Group{group(88), group(749)}
}

func (r *reference) begin(_ context.Context, c *cluster) (err error) {
	r.shared = filepath.Join(world.Folder, "shared")
	if err := errors.Join(os.RemoveAll(r.shared), os.MkdirAll(r.shared, 0o755)); err != nil {
		return err
	}
	r.control, err = newControl(c.tools)
	return err
}

// newControl makes the file that says how slow files are; see load/slowfile.c.
func newControl(folder string) (*os.File, error) {
	file, err := os.Create(filepath.Join(folder, filepath.Base(controlAt)))
	if err != nil {
		return nil, err
	}
	return file, setControl(file, 0, false)
}

func setControl(file *os.File, delay time.Duration, frozen bool) error {
	var data [8]byte
	binary.NativeEndian.PutUint32(data[:], uint32(delay.Microseconds()))
	if frozen {
		data[4] = 1
	}
	_, err := file.WriteAt(data[:], 0)
	return err
}

func (r *reference) lay(_ *cluster, root, _ string, _ netip.Addr) error {
	if err := world.Bind(r.shared, root, sharedAt); err != nil {
		return err
	}
	unit := func(program string) string {
		return fmt.Sprintf("[Unit]\nDefaultDependencies=no\n[Service]\nEnvironment=LD_PRELOAD=%s/slowfile.so SLOWFILE_FOLDER=%s SLOWFILE_CONTROL=%s\nExecStart=%s\n", tools, sharedAt, controlAt, program)
	}
	return write(root, map[string]string{
		"etc/krb5.conf": clientConf("127.0.0.1"),
		"etc/krb5kdc/kdc.conf": fmt.Sprintf(`[kdcdefaults]
 kdc_listen = ""
 kdc_tcp_listen = 88
[realms]
 %[1]s = {
  database_module = %[1]s
  acl_file = %[2]s/kadm5.acl
  key_stash_file = %[2]s/stash
  kadmind_port = 749
  default_principal_flags = +preauth
 }
[dbmodules]
 %[1]s = {
  db_library = db2
  database_name = %[2]s/principal
  disable_last_success = true
  disable_lockout = true
 }
`, realm, sharedAt),
		"etc/systemd/system/" + kdcUnit:    unit("/usr/sbin/krb5kdc -n"),
		"etc/systemd/system/" + kadminUnit: unit("/usr/sbin/kadmind -nofork"),
	})
}

func (r *reference) serve(ctx context.Context, _ *cluster, node *world.Machine, first bool) error {
	if first {
		if err := write(r.shared, map[string]string{"kadm5.acl": "*/admin@" + realm + " *\n"}); err != nil {
			return err
		}
		if _, err := node.Run(ctx, "kdb5_util", "-r", realm, "create", "-s", "-P", "proof-master-password"); err != nil {
			return err
		}
		if _, err := node.Run(ctx, "kadmin.local", "-r", realm, "-q", "addprinc -pw "+adminPassword+" admin/admin"); err != nil {
			return err
		}
	}
	_, err := node.Run(ctx, "systemctl", "start", kdcUnit, kadminUnit)
	return err
}

func (*reference) layClient(_ *cluster, root string) error {
	return write(root, map[string]string{"etc/krb5.conf": clientConf(host), "etc/hosts": hosts(host)})
}

func (*reference) serveClient(context.Context, *cluster) error { return nil }

func (*reference) whole(_ context.Context, c *cluster) error {
	for _, node := range c.list() {
		for _, program := range []string{"krb5kdc", "kadmind"} {
			if !node.Running(program) {
				return fmt.Errorf("%s has no %s", node.Name, program)
			}
		}
	}
	return nil
}

// primary is any node: all of them write.
func (*reference) primary(_ context.Context, c *cluster) (*world.Machine, error) {
	nodes := c.list()
	if len(nodes) == 0 {
		return nil, errors.New("there is no node")
	}
	return nodes[0], nil
}

func (*reference) environment() []string { return nil }

func (*reference) leave(context.Context, *cluster, *world.Machine) error { return nil }

// mend starts the daemons that have ended.
func (*reference) mend(ctx context.Context, node *world.Machine) error {
	if err := sleep(ctx, outage); err != nil {
		return err
	}
	_, err := node.Run(ctx, "systemctl", "start", kdcUnit, kadminUnit)
	return err
}

func (r *reference) freeze(*cluster) error { return setControl(r.control, 0, true) }
func (r *reference) thaw(*cluster) error   { return setControl(r.control, 0, false) }

func (r *reference) slow(_ *cluster, by time.Duration) error { return setControl(r.control, by, false) }
