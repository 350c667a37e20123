//go:build linux

package kdc

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unique"

	"github.com/lakekeel/lakekeel/internal/prove/world"
)

//go:embed load/mitlogin.c
var mitSource []byte

//go:embed load/JavaLogin.java
var javaSource []byte

//go:embed load/slowfile.c
var slowSource []byte

// tools is the folder of the drivers, in the world and in every machine.
const tools = "/opt/lakekeel-proof"

// compile makes the drivers from their sources, in the world's folder.
func compile(ctx context.Context) (folder string, err error) {
	folder = filepath.Join(world.Folder, "tools")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	for name, text := range map[string][]byte{"mitlogin.c": mitSource, "JavaLogin.java": javaSource, "slowfile.c": slowSource} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return "", err
		}
	}
	for _, args := range [][]string{
		{"cc", "-O2", "-o", "mitlogin", "mitlogin.c", "-lkrb5"},
		{"cc", "-O2", "-shared", "-fPIC", "-o", "slowfile.so", "slowfile.c"},
		{"javac", "JavaLogin.java"},
	} {
		command := exec.CommandContext(ctx, args[0], args[1:]...)
		command.Dir = folder
		if out, err := command.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	return folder, nil
}

// A Login is one login that a driver has done.
type Login struct {
	At     time.Time     // when it began
	Took   time.Duration //
	Kind   string        // "library", "kinit" or "java"
	Result string        // "ok", or the client's message
}

// OK reports whether the login got its ticket.
func (l Login) OK() bool { return l.Result == "ok" }

// parseLogin reads a driver's line.
func parseLogin(line string) (Login, error) {
	fields := strings.SplitN(line, " ", 4)
	if len(fields) != 4 {
		return Login{}, fmt.Errorf("%q is no line of a login", line)
	}
	at, err := strconv.ParseInt(fields[0], 10, 64)
	took, err2 := strconv.ParseInt(fields[1], 10, 64)
	if err != nil || err2 != nil {
		return Login{}, fmt.Errorf("%q is no line of a login", line)
	}
	// Interned, for millions of them are kept.
	kind, result := unique.Make(fields[2]).Value(), unique.Make(fields[3]).Value()
	return Login{At: time.UnixMicro(at), Took: time.Duration(took) * time.Microsecond, Kind: kind, Result: result}, nil
}

// A Load says how much the drivers do.
type Load struct {
	Logins int // of each client
	Slots  int // logins of each client at a time
	Rate   int // logins of each client a second, at most
}

// least is the time that the logins take at least.
func (l Load) least() time.Duration {
	return time.Duration(l.Logins) * time.Second / time.Duration(l.Rate)
}

// kinitShare: of so many tasks of the MIT client one runs the kinit program.
const kinitShare = 10

// drive runs both clients at the same time on a machine, their logins spread evenly over a span, and returns all of them.
func drive(ctx context.Context, on *world.Machine, load Load, span time.Duration, keytab string, principals []string) ([]Login, error) {
	numbers := []string{strconv.Itoa(load.Logins), strconv.Itoa(load.Slots), fmt.Sprint(span.Seconds())}
	mit := append(append([]string{tools + "/mitlogin"}, numbers...), strconv.Itoa(kinitShare), keytab)
	java := append([]string{"java", "-Xmx256m", "-XX:+UseSerialGC", "-cp", tools, "-Djava.security.krb5.conf=/etc/krb5.conf", "JavaLogin"}, append(numbers, keytab)...)
	type outcome struct {
		logins []Login
		err    error
	}
	results := make(chan outcome, 2)
	for _, args := range [][]string{mit, java} {
		go func() {
			logins, err := driver(ctx, on.Command(ctx, append(args, principals...)...))
			results <- outcome{logins, err}
		}()
	}
	var all []Login
	var errs []error
	for range 2 {
		o := <-results
		all, errs = append(all, o.logins...), append(errs, o.err)
	}
	slices.SortFunc(all, func(a, b Login) int { return a.At.Compare(b.At) })
	return all, errors.Join(errs...)
}

// driver runs one driver and reads its lines.
func driver(ctx context.Context, command *exec.Cmd) ([]Login, error) {
	var said strings.Builder
	command.Stderr = &said
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	logins, err := readLogins(out)
	if ended := command.Wait(); ended != nil && ctx.Err() == nil {
		err = errors.Join(err, fmt.Errorf("driver %s: %w: %s", command.Args[len(command.Args)-1], ended, said.String()))
	}
	return logins, errors.Join(err, ctx.Err())
}

func readLogins(from io.Reader) ([]Login, error) {
	var logins []Login
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		login, err := parseLogin(lines.Text())
		if err != nil {
			rest, _ := io.ReadAll(from)
			return logins, fmt.Errorf("%w %s", err, rest)
		}
		logins = append(logins, login)
	}
	return logins, lines.Err()
}
