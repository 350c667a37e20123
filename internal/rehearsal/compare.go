package rehearsal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Comparison is what two cloud assemblies have in common and what not.
type Comparison struct {
	Files     int // compared, of either assembly
	Templates int // of them
	Assets    int // files and folders that are published, by the hash in their names
	Skipped   []string

	Differences []string // one line each; none if the assemblies are the same
}

// noise says why a file is not compared; empty if it is.
func noise(path string) string {
	switch name := filepath.Base(path); {
	case name == "tree.json":
		return "tree.json (a picture of the construct tree, which nothing deploys)"
	case name == "validation-report.json":
		return "validation-report.json (the CDK's own validator, on in the pipeline only)"
	case path == "lakekeel":
		return "lakekeel (this program, by which the pipeline asks who may see more)"
	case strings.HasSuffix(name, ".lock"):
		return "locks"
	}
	return ""
}

// maxDifferences is how many differences of one file are told.
const maxDifferences = 10

// Compare compares the assemblies in two folders, each of which was made in a
// project's root of its own: paths below the roots count as equal.
func Compare(here, hereRoot, there, thereRoot string) (Comparison, error) {
	a, err := read(here, hereRoot)
	if err != nil {
		return Comparison{}, err
	}
	b, err := read(there, thereRoot)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{}
	for _, path := range union(a, b) {
		if why := noise(path); why != "" {
			if !slices.Contains(c.Skipped, why) {
				c.Skipped = append(c.Skipped, why)
			}
			continue
		}
		c.count(path)
		left, inHere := a[path]
		right, inThere := b[path]
		switch {
		case !inThere:
			c.Differences = append(c.Differences, path+" is here alone")
		case !inHere:
			c.Differences = append(c.Differences, path+" is in the clone alone")
		case !bytes.Equal(left, right):
			c.Differences = append(c.Differences, explain(path, left, right)...)
		}
	}
	c.Assets = len(assets(a, b))
	return c, nil
}

func (c *Comparison) count(path string) {
	c.Files++
	if strings.HasSuffix(path, ".template.json") {
		c.Templates++
	}
}

// assets are the different names of published files and folders.
func assets(sides ...map[string][]byte) map[string]bool {
	names := map[string]bool{}
	for _, side := range sides {
		for path := range side {
			if first, _, _ := strings.Cut(path, "/"); strings.HasPrefix(first, "asset.") {
				names[first] = true
			}
		}
	}
	return names
}

// read returns every file below folder, by its path in it, with the root's own
// path taken out.
func read(folder, root string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		files[filepath.ToSlash(relative)] = bytes.ReplaceAll(text, []byte(root), []byte("<root>"))
		return err
	})
	return files, err
}

func union(a, b map[string][]byte) []string {
	all := map[string]bool{}
	for path := range a {
		all[path] = true
	}
	for path := range b {
		all[path] = true
	}
	return sorted(all)
}

// explain says where two versions of a file differ: value by value if both are
// JSON, which it compares as data; otherwise only that they do.
func explain(path string, a, b []byte) []string {
	var left, right any
	if json.Unmarshal(a, &left) != nil || json.Unmarshal(b, &right) != nil {
		return []string{fmt.Sprintf("%s differs: %d bytes here, %d in the clone", path, len(a), len(b))}
	}
	var lines []string
	walk(path, left, right, &lines)
	if len(lines) > maxDifferences {
		lines = append(lines[:maxDifferences], fmt.Sprintf("%s: and %d more", path, len(lines)-maxDifferences))
	}
	return lines
}

// walk adds a line for every place where two values of JSON differ.
func walk(at string, a, b any, lines *[]string) {
	switch left := a.(type) {
	case map[string]any:
		if right, ok := b.(map[string]any); ok {
			walkObject(at, left, right, lines)
			return
		}
	case []any:
		if right, ok := b.([]any); ok && len(left) == len(right) {
			for i := range left {
				walk(fmt.Sprintf("%s[%d]", at, i), left[i], right[i], lines)
			}
			return
		}
	}
	if x, y := show(a), show(b); x != y {
		*lines = append(*lines, fmt.Sprintf("%s is %s here, %s in the clone", at, short(x), short(y)))
	}
}

func walkObject(at string, a, b map[string]any, lines *[]string) {
	for _, key := range sorted(a) {
		if _, ok := b[key]; !ok {
			*lines = append(*lines, fmt.Sprintf("%s: %s is here alone", at, key))
			continue
		}
		walk(at+": "+key, a[key], b[key], lines)
	}
	for _, key := range sorted(b) {
		if _, ok := a[key]; !ok {
			*lines = append(*lines, fmt.Sprintf("%s: %s is in the clone alone", at, key))
		}
	}
}

// show is a value as JSON; what came out of JSON goes into it again.
func show(v any) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.Encode(v)
	return strings.TrimSpace(text.String())
}

func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return s
}
