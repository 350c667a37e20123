// Package toolchain sets up, under the home folder, the pinned tools that the
// local endpoint and the deployments need: Python packages, the CDK command
// line and the jars that let Spark read and write S3.
//
// Every part is built beside its place and moved there whole; a stamp with the
// digest of what it was made from says that it is complete. So a set-up that
// was interrupted, at whatever moment, is mended by running it again, and one
// that is complete costs a few file reads.
package toolchain

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"

	"github.com/lakekeel/lakekeel/internal/home"
)

// The locks: every package with its version and the digests it may have.
// CONTRIBUTING.md says how to renew them.
var (
	//go:embed requirements.txt
	requirements string
	//go:embed package.json
	packageJSON string
	//go:embed package-lock.json
	packageLock string
	//go:embed jars.sha256
	jarDigests string
)

// stampFile, in a part's folder, holds the digest of what the part was made from.
const stampFile = ".lakekeel-stamp"

// A Tools is what set-up works with on this machine.
type Tools struct {
	Python string // a Python 3.11 to 3.13 with venv, e.g. "/usr/bin/python3"
	NPM    string // npm's command
}

// A Progress is told what happens to each part, by the part's name.
type Progress interface {
	Start(part string)
	// Done says how a part ended: made now, or there already; err is why not.
	Done(part string, made bool, err error)
}

// A part is one folder of tools.
type part struct {
	name  string // the folder's, e.g. "venv"
	title string // for a person, e.g. "Python packages"
	made  string // everything that, when it changes, makes the part stale
	build func(ctx context.Context, job job) error
}

// A job is the building of one part.
type job struct {
	home   home.Home
	tools  Tools
	folder string    // where to build; empty, and moved to final when complete
	final  string    // where the part will stand
	log    io.Writer // takes the output of the tools that are run
}

func parts() []part {
	return []part{
		{name: "venv", title: "Python packages", made: requirements + venvRecipe, build: buildVenv},
		{name: "node", title: "CDK command line", made: packageJSON + packageLock + nodeRecipe, build: buildNode},
		{name: "jars", title: "S3 jars for Spark", made: jarDigests + jarsRecipe, build: buildJars},
	}
}

// Titles lists what set-up makes, in the order in which it is shown.
func Titles() []string {
	var titles []string
	for _, part := range parts() {
		titles = append(titles, part.title)
	}
	return titles
}

// Missing lists the parts that are not there, or stand for older locks.
func Missing(h home.Home) []string {
	var missing []string
	for _, part := range parts() {
		if !part.complete(h) {
			missing = append(missing, part.title)
		}
	}
	return missing
}

// Setup makes the parts that are missing. The jars come by the Spark that is
// among the Python packages, so they wait for those; the rest is concurrent.
// When several parts fail, all their errors are returned.
func Setup(ctx context.Context, h home.Home, tools Tools, progress Progress) error {
	lock, err := acquire(ctx, h)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	all := parts()
	venv, node, jars := all[0], all[1], all[2]
	var failures [2]error
	var group errgroup.Group
	group.Go(func() error {
		failures[0] = firstErr(venv.ensure(ctx, h, tools, progress), func() error { return jars.ensure(ctx, h, tools, progress) })
		return nil
	})
	group.Go(func() error {
		failures[1] = node.ensure(ctx, h, tools, progress)
		return nil
	})
	group.Wait()
	return errors.Join(failures[:]...)
}

// firstErr returns err, or what next returns when err is nil.
func firstErr(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}

// acquire makes this process the only one that sets up h.
func acquire(ctx context.Context, h home.Home) (*flock.Flock, error) {
	if err := os.MkdirAll(h.Path("log"), 0o755); err != nil {
		return nil, fmt.Errorf("the home folder cannot be made: %w", err)
	}
	lock := flock.New(h.Path(".setup.lock"))
	if ok, err := lock.TryLockContext(ctx, lockRetry); !ok || err != nil {
		return nil, fmt.Errorf("another set-up of %s is at work: %w", h, err)
	}
	return lock, nil
}

// stamp is the digest of everything that the part is made from.
func (p part) stamp() string {
	digest := sha256.Sum256([]byte(p.made))
	return hex.EncodeToString(digest[:])
}

func (p part) complete(h home.Home) bool {
	found, err := os.ReadFile(h.Path(p.name, stampFile))
	return err == nil && strings.TrimSpace(string(found)) == p.stamp()
}

// ensure makes the part unless it is complete.
func (p part) ensure(ctx context.Context, h home.Home, tools Tools, progress Progress) error {
	if p.complete(h) {
		progress.Done(p.title, false, nil)
		return nil
	}
	progress.Start(p.title)
	err := p.make(ctx, h, tools)
	if err != nil {
		err = fmt.Errorf("%s: %w", p.title, err)
	}
	progress.Done(p.title, true, err)
	return err
}

// make builds the part beside its place and moves it there.
func (p part) make(ctx context.Context, h home.Home, tools Tools) error {
	job := job{home: h, tools: tools, final: h.Path(p.name)}
	log, err := os.Create(h.Log("setup-" + p.name))
	if err != nil {
		return err
	}
	defer log.Close()
	job.log = log
	if job.folder, err = p.draft(h); err != nil {
		return err
	}
	defer os.RemoveAll(job.folder)
	if err := p.build(ctx, job); err != nil {
		if ctx.Err() != nil {
			return errors.New("interrupted; the next set-up begins this part again")
		}
		return fmt.Errorf("%w (log: %s)", err, log.Name())
	}
	if err := os.WriteFile(filepath.Join(job.folder, stampFile), []byte(p.stamp()+"\n"), 0o644); err != nil {
		return err
	}
	return replace(job.folder, job.final)
}

// draft makes an empty folder to build in, under a name of its own: a tool that
// outlived a set-up which was killed may still be writing to an earlier one.
func (p part) draft(h home.Home) (string, error) {
	stale, err := filepath.Glob(h.Path("." + p.name + ".new-*"))
	if err != nil {
		return "", err
	}
	for _, folder := range stale {
		os.RemoveAll(folder) // what is still being written there goes next time
	}
	folder, err := os.MkdirTemp(string(h), "."+p.name+".new-")
	if err != nil {
		return "", err
	}
	return folder, os.Chmod(folder, 0o755)
}

// replace moves the folder from to the place to, where an older one may stand.
// Killed half-way it leaves either the old part, the new one, or none: never a mixture.
func replace(from, to string) error {
	old := to + ".old"
	if err := os.RemoveAll(old); err != nil {
		return err
	}
	if err := os.Rename(to, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return os.RemoveAll(old)
}
