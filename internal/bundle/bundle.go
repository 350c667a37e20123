// Package bundle puts a folder's files into one zip that always has the same bytes.
package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"strings"
)

// Zip returns a zip of the files in a tree that depends on nothing but their names and
// content: they are in the order of their names, without times, and not compressed. What go:embed leaves
// out of a folder is left out: names that begin with "_" or ".".
func Zip(files fs.FS) ([]byte, error) {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		hidden := name != "." && strings.ContainsAny(entry.Name()[:1], "_.")
		switch {
		case err != nil:
			return err
		case hidden && entry.IsDir():
			return fs.SkipDir
		case hidden || entry.IsDir():
			return nil
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		file, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = file.Write(content)
		}
		return err
	})
	if err == nil {
		err = archive.Close()
	}
	return out.Bytes(), err
}

// Digest is the SHA-256 of a zip, in hex.
func Digest(zip []byte) string {
	sum := sha256.Sum256(zip)
	return hex.EncodeToString(sum[:])
}
