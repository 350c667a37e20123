package endpoint

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lakekeel/lakekeel/internal/home"
)

// source is the endpoint's own Python code. The patterns name the files, and
// not the folder, so that what Python caches beside them is left out.
//
//go:embed python/lakekeel_endpoint/*.py python/lakekeel_endpoint/*/*.py python/lakekeel_endpoint/*/*/*.py
var source embed.FS

// unpack writes the endpoint's Python code below the home folder, once for each
// version of it, and returns the folder to put in PYTHONPATH. A running
// endpoint of another version keeps its own.
func unpack(h home.Home) (string, error) {
	code, err := fs.Sub(source, "python")
	if err != nil {
		return "", err
	}
	version, err := digest(code)
	if err != nil {
		return "", err
	}
	folder := h.Path("python", version)
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	if err := os.MkdirAll(h.Path("python"), 0o755); err != nil {
		return "", fmt.Errorf("the home folder cannot be made: %w", err)
	}
	draft, err := os.MkdirTemp(h.Path("python"), ".new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(draft)
	if err := os.CopyFS(draft, code); err != nil {
		return "", err
	}
	if err := os.Chmod(draft, 0o755); err != nil {
		return "", err
	}
	// Two commands may unpack at once; whichever is second finds it done.
	if err := os.Rename(draft, folder); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return folder, removeOthers(h.Path("python"), version)
}

// removeOthers removes the versions that no endpoint can be running from: all but the newest and the one before.
func removeOthers(folder, keep string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var newest string
	var latest int64
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && entry.Name() != keep && info.ModTime().UnixNano() > latest {
			newest, latest = entry.Name(), info.ModTime().UnixNano()
		}
	}
	for _, entry := range entries {
		if entry.Name() != keep && entry.Name() != newest && entry.Name()[0] != '.' {
			if err := os.RemoveAll(filepath.Join(folder, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// digest is twelve hex digits over the names and contents of all files of a tree.
func digest(tree fs.FS) (string, error) {
	hash := sha256.New()
	err := fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(tree, path)
		fmt.Fprintf(hash, "%s %d\n", path, len(content))
		hash.Write(content)
		return err
	})
	return hex.EncodeToString(hash.Sum(nil))[:12], err
}
