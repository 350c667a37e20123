package batch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"testing"
)

func TestTheModuleIsPackedAsNpmWould(t *testing.T) {
	files := unpack(t)
	if len(files) != 3 || len(files["package/index.js"]) == 0 {
		t.Errorf("%d files; want package.json, .jsii and index.js", len(files))
	}
	var described, manifest struct{ Name, Version string }
	for name, into := range map[string]any{"package/package.json": &described, "package/.jsii": &manifest} {
		if err := json.Unmarshal(files[name], into); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// load names it so; jsii compares nothing, and fails much later
	if described != manifest || described.Name != name || described.Version != version {
		t.Errorf("package.json says %v, .jsii %v; want %s %s", described, manifest, name, version)
	}
}

func unpack(t *testing.T) map[string][]byte {
	t.Helper()
	compressed, err := gzip.NewReader(bytes.NewReader(pack()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for archive := tar.NewReader(compressed); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return files
		}
		if err == nil {
			files[header.Name], err = io.ReadAll(archive)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
