package bundle

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"
)

func TestZipDependsOnNamesAndContentAlone(t *testing.T) {
	of := func(files fstest.MapFS) string {
		data, err := Zip(files)
		if err != nil {
			t.Fatal(err)
		}
		return Digest(data)
	}
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	plain := of(fstest.MapFS{"a.py": file("1"), "b.sh": file("2")})
	for name, test := range map[string]struct {
		files fstest.MapFS
		same  bool
	}{
		"other times and rights": {fstest.MapFS{"b.sh": {Data: []byte("2"), Mode: 0o755, ModTime: time.Now()}, "a.py": file("1")}, true},
		"caches beside":          {fstest.MapFS{"a.py": file("1"), "b.sh": file("2"), "__pycache__/a.pyc": file("3"), ".swp": file("4")}, true},
		"other content":          {fstest.MapFS{"a.py": file("1"), "b.sh": file("3")}, false},
		"other name":             {fstest.MapFS{"a.py": file("1"), "c.sh": file("2")}, false},
		"one more":               {fstest.MapFS{"a.py": file("1"), "b.sh": file("2"), "sub/c": file("")}, false},
	} {
		if got := of(test.files); (got == plain) != test.same {
			t.Errorf("%s: same digest: %v, want %v", name, got == plain, test.same)
		}
	}
}

func TestZipCanBeRead(t *testing.T) {
	data, err := Zip(fstest.MapFS{"sub/a.py": {Data: []byte("print(1)")}})
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := fs.ReadFile(archive, "sub/a.py"); err != nil || string(text) != "print(1)" {
		t.Errorf("%q, %v", text, err)
	}
}
