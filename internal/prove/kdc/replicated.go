//go:build linux

package kdc

import (
	"bufio"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lakekeel/lakekeel/internal/bundle"
	"github.com/lakekeel/lakekeel/internal/prove/nlb"
	"github.com/lakekeel/lakekeel/internal/prove/world"
)

//go:embed load/authority.py
var authoritySource string

// replicated is Lakekeel's own design: the node files of constructs/kerberos, run by their own units.
type replicated struct {
	backups string   // the shared folder of dumps, in the world
	control *os.File // how slow it is
}

const (
	bundleFolder = "opt/lakekeel-kdc-bundle"
	nodeFiles    = "opt/lakekeel-kdc"
	stackPath    = "etc/lakekeel-kdc/stack.json"
	settingsPath = "/etc/lakekeel-kdc/settings.json"
	statePath    = "/var/lib/lakekeel-kdc"
	backupPath   = "/mnt/kdc"
	authority    = "http://10.88.0.200:4566"
	proxyUnit    = "lakekeel-kdc-proxy.service"
	statusPort   = 8088
)

var units = []string{"lakekeel-krb5kdc.service", proxyUnit, "lakekeel-kdc-agent.service"}

func (*replicated) name() string { return "lakekeel" }

// groups are as in constructs/kerberos/balancer.go; a test compares them with the template.
func (*replicated) groups() []nlb.Group {
	check := nlb.Check{Port: statusPort, Path: "/health", Interval: 5 * time.Second, Timeout: 4 * time.Second, Healthy: 2, Unhealthy: 2}
	return []nlb.Group{{Port: 88, Check: check, Drain: drain}, {Port: 749, Check: check, Drain: drain}}
}

// begin starts what stands for AWS: DynamoDB and Secrets Manager.
func (r *replicated) begin(ctx context.Context, c *cluster) (err error) {
	r.backups = filepath.Join(world.Folder, "backups")
	if err := errors.Join(os.RemoveAll(r.backups), os.MkdirAll(r.backups, 0o755)); err != nil {
		return err
	}
	if r.control, err = newControl(c.tools); err != nil {
		return err
	}
	c.aws, err = c.boot("aws", awsHost, func(root string) error {
		unit := fmt.Sprintf("[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=%s -m moto.server -H %s -p 4566\n", python, awsHost)
		return write(root, map[string]string{"etc/systemd/system/aws.service": unit, "opt/authority.py": authoritySource})
	})
	if err != nil {
		return err
	}
	if _, err := c.aws.Run(ctx, "systemctl", "start", "aws.service"); err != nil {
		return err
	}
	_, err = c.aws.Run(ctx, append(append([]string{"env"}, credentials...), python, "/opt/authority.py", authority, "kdc-lease", "kdc/main", adminPassword)...)
	return err
}

// credentials are what an AWS client wants to have; the stand-in asks for none.
var credentials = []string{"AWS_ACCESS_KEY_ID=proof", "AWS_SECRET_ACCESS_KEY=proof", "AWS_DEFAULT_REGION=eu-west-1", "AWS_EC2_METADATA_DISABLED=true"}

// venv is the folder of Lakekeel's Python packages in every machine, and python what runs with them.
const (
	venv   = "/opt/lakekeel-venv"
	python = venv + "/bin/python"
)

// lay puts the bundle of node files in place, as user data does, and says in drop-ins what differs
// from an instance: where AWS is, and where boto3 is.
func (r *replicated) lay(c *cluster, root, _ string, _ netip.Addr) error {
	if err := world.Bind(r.backups, root, backupPath); err != nil {
		return err
	}
	stack, err := json.Marshal(map[string]any{
		"realm": realm, "domain": domain, "table": "kdc-lease", "cluster": "main", "secrets": []string{"kdc/main"},
		"state": statePath, "log": "/var/log/lakekeel-kdc", "region": "eu-west-1", "backup": backupPath, "backup_minutes": 1,
	})
	if err != nil {
		return err
	}
	environment, err := c.nodeEnvironment()
	if err != nil {
		return err
	}
	environment = append(environment, "LD_PRELOAD="+tools+"/slowfile.so", "SLOWFILE_FOLDER="+backupPath, "SLOWFILE_CONTROL="+controlAt)
	return errors.Join(
		os.CopyFS(filepath.Join(root, bundleFolder), os.DirFS(c.files)),
		write(root, map[string]string{stackPath: string(stack)}),
		dropIns(root, environment),
	)
}

// nodeEnvironment is what a node has from its instance: credentials, a way to AWS, and boto3.
func (c *cluster) nodeEnvironment() ([]string, error) {
	outside := filepath.Join(c.home, "venv")
	found, err := filepath.Glob(filepath.Join(outside, "lib", "python3*", "site-packages"))
	if err != nil || len(found) == 0 {
		return nil, errors.New("boto3 is not set up; run: lakekeel setup")
	}
	return append(slices.Clone(credentials), "AWS_ENDPOINT_URL="+authority, "PYTHONPATH="+venv+strings.TrimPrefix(found[0], outside)), nil
}

// dropIns adds to the units, which stay as they are. Without the default dependencies systemd does
// not start this machine's own services first.
func dropIns(root string, environment []string) error {
	text := "[Unit]\nDefaultDependencies=no\n[Service]\nEnvironment=" + strings.Join(environment, " ") + "\n"
	files := map[string]string{}
	for _, unit := range units {
		files["etc/systemd/system/"+unit+".d/proof.conf"] = text
	}
	return write(root, files)
}

// serve runs install.sh, as user data does, and compares what it installed.
func (r *replicated) serve(ctx context.Context, c *cluster, node *world.Machine, _ bool) error {
	environment, err := c.nodeEnvironment()
	if err != nil {
		return err
	}
	environment = append(environment, "NODE_NAME="+node.Name, "NODE_ADDRESS="+node.Address.String())
	// A new instance is set up on processors of its own; here it gives way to those that serve.
	if _, err := node.Run(ctx, append(append([]string{"nice", "-n", "19", "env"}, environment...), "bash", "/"+bundleFolder+"/install.sh", "/"+stackPath)...); err != nil {
		return err
	}
	return c.installed(node)
}

// installed compares the node files that run with those that are shipped.
func (c *cluster) installed(node *world.Machine) error {
	entries, err := os.ReadDir(c.files)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		folder := nodeFiles
		switch filepath.Ext(entry.Name()) {
		case ".service":
			folder = "etc/systemd/system"
		case ".py":
		default:
			continue
		}
		shipped, err := os.ReadFile(filepath.Join(c.files, entry.Name()))
		if err != nil {
			return err
		}
		runs, err := os.ReadFile(filepath.Join(node.Root(), folder, entry.Name()))
		if err != nil {
			return err
		}
		if sha256.Sum256(shipped) != sha256.Sum256(runs) {
			return fmt.Errorf("%s on %s is not the one that is shipped", entry.Name(), node.Name)
		}
	}
	return nil
}

// command runs one of kdc.py's commands on a node.
func (*replicated) command(ctx context.Context, c *cluster, node *world.Machine, name string) (string, error) {
	args := append([]string{"env", "AWS_ENDPOINT_URL=" + authority}, credentials...)
	return node.Run(ctx, append(args, python, "/"+nodeFiles+"/kdc.py", name, "--settings", settingsPath)...)
}

// layClient gives the client the same krb5.conf as the reference design's, and the bundle where client.sh
// finds it: the two programs that it wants of an EMR machine are a line each here.
func (r *replicated) layClient(c *cluster, root string) error {
	err := errors.Join(dropIns(root, nil), write(root, map[string]string{
		"etc/krb5.conf":      clientConf(host),
		"etc/hosts":          hosts(balancerName),
		"usr/local/bin/aws":  "#!/bin/sh\ncp /opt/bundle.zip \"$5\"\n",
		"usr/local/bin/sudo": "#!/bin/sh\nexec \"$@\"\n",
	}))
	for _, program := range []string{"aws", "sudo"} {
		err = errors.Join(err, os.Chmod(filepath.Join(root, "usr/local/bin", program), 0o755))
	}
	data, err2 := bundle.Zip(os.DirFS(c.files))
	return errors.Join(err, err2, os.WriteFile(filepath.Join(root, "opt/bundle.zip"), data, 0o644))
}

// serveClient runs client.sh, which installs the proxy on the machines of an EMR cluster.
func (r *replicated) serveClient(ctx context.Context, c *cluster) error {
	digest, err := Digest(c.files)
	if err != nil {
		return err
	}
	command := c.client.Command(ctx, "bash", "-s", host, balancerName, "s3://proof/bundle.zip", digest)
	script, err := os.Open(filepath.Join(c.files, "client.sh"))
	if err != nil {
		return err
	}
	defer script.Close()
	command.Stdin = script
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("client.sh: %w: %s", err, out)
	}
	return nil
}

// status is what a node says of itself.
type status struct {
	Role   string   `json:"role"`
	InSync []string `json:"in_sync"`
	Health any      `json:"health"`
}

func (*replicated) status(c *cluster, node *world.Machine) (s status, err error) {
	err = c.lb.Within(func() error {
		connection, err := net.DialTimeout("tcp", netip.AddrPortFrom(node.Address, statusPort).String(), time.Second)
		if err != nil {
			return err
		}
		defer connection.Close()
		connection.SetDeadline(time.Now().Add(time.Second))
		fmt.Fprintf(connection, "GET /status HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", node.Address)
		answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		return json.NewDecoder(answer.Body).Decode(&s)
	})
	if err != nil {
		err = fmt.Errorf("%s does not say how it is: %w", node.Name, err)
	}
	return s, err
}

func (r *replicated) whole(_ context.Context, c *cluster) error {
	primaries := 0
	var inSync []string
	for _, node := range c.list() {
		s, err := r.status(c, node)
		if err != nil {
			return err
		}
		if s.Role == "primary" {
			primaries++
			inSync = s.InSync
		}
	}
	if primaries != 1 {
		return fmt.Errorf("%d nodes are primary", primaries)
	}
	for _, node := range c.list() {
		if !slices.Contains(inSync, node.Name) {
			return fmt.Errorf("%s is not in sync", node.Name)
		}
	}
	return nil
}

func (r *replicated) primary(_ context.Context, c *cluster) (*world.Machine, error) {
	for _, node := range c.list() {
		if s, err := r.status(c, node); err == nil && s.Role == "primary" {
			return node, nil
		}
	}
	return nil, errors.New("no node is primary")
}

func (*replicated) environment() []string {
	return []string{"KRB5_CONFIG=" + statePath + "/krb5.conf", "KRB5_KDC_PROFILE=" + statePath + "/kdc.conf"}
}

func (r *replicated) leave(ctx context.Context, c *cluster, node *world.Machine) error {
	_, err := r.command(ctx, c, node, "drain")
	return err
}

// mend does nothing: the design needs no hand.
func (*replicated) mend(context.Context, *world.Machine) error { return nil }

// freeze stops all that the nodes share: the authority of the lease, and the folder of the dumps.
func (r *replicated) freeze(c *cluster) error {
	_, err := c.aws.Signal("python", unix.SIGSTOP)
	return errors.Join(err, setControl(r.control, 0, true))
}

func (r *replicated) thaw(c *cluster) error {
	_, err := c.aws.Signal("python", unix.SIGCONT)
	return errors.Join(err, setControl(r.control, 0, false))
}

func (r *replicated) slow(_ *cluster, by time.Duration) error {
	return setControl(r.control, by, false)
}

// Digest names the node files in a folder as the stack does, in each template.
func Digest(folder string) (string, error) {
	data, err := bundle.Zip(os.DirFS(folder))
	return bundle.Digest(data), err
}
