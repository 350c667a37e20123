// Package assetbundle reads and writes asset bundles of QuickSight: the .qs files by which definitions are
// exported from one account and imported into another.
//
// A bundle is a zip of one JSON document for each asset, at TYPE/ID.json; members have the names of
// the service's calls with a small first letter. The service documents the zip and not what
// is in it: https://docs.aws.amazon.com/quicksight/latest/developerguide/assetbundle-export.html.
package assetbundle

import (
	"archive/zip"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// The types of assets, as bundles and ARNs call them.
const (
	VPCConnection   = "vpcConnection"
	Folder          = "folder"
	DataSource      = "datasource"
	Theme           = "theme"
	DataSet         = "dataset"
	RefreshSchedule = "refreshSchedule"
	Topic           = "topic" // no part of the service's bundles: the program carries it by calls of its own
	Analysis        = "analysis"
	Dashboard       = "dashboard"
)

// Types are all of them, each behind those that it can refer to.
var Types = []string{VPCConnection, Folder, DataSource, Theme, DataSet, RefreshSchedule, Topic, Analysis, Dashboard}

// keys are the members that hold an asset's id.
var keys = map[string]string{
	VPCConnection: "vpcConnectionId", Folder: "folderId", DataSource: "dataSourceId", Theme: "themeId", DataSet: "dataSetId",
	Topic: "topicId", Analysis: "analysisId", Dashboard: "dashboardId",
}

// maxBytes is the most that a bundle may hold when it is unpacked: a hundred times what an import takes.
const maxBytes = 2 << 30

// Bundle is the assets of a bundle, in the order of their types and ids.
type Bundle struct {
	Assets []Asset
}

// Asset is one document of a bundle.
type Asset struct {
	Type string
	ID   string         // of a refresh schedule: DATASET/SCHEDULE
	Body map[string]any // members as they stand in the bundle, but resourceType
}

// Name is the asset's type and id, as ARNs have them at their end.
func (a Asset) Name() string { return a.Type + "/" + a.ID }

// Read reads a bundle.
func Read(content []byte) (*Bundle, error) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, fmt.Errorf("it is no asset bundle (%w)", err)
	}
	bundle, left := &Bundle{}, int64(maxBytes)
	for _, file := range archive.File {
		if strings.HasSuffix(file.Name, "/") {
			continue
		}
		asset, size, err := read(file, left)
		if err != nil {
			return nil, fmt.Errorf("%s in it %w", file.Name, err)
		}
		left -= size
		bundle.Assets = append(bundle.Assets, asset)
	}
	if len(bundle.Assets) == 0 {
		return nil, fmt.Errorf("it is empty")
	}
	bundle.sort()
	return bundle, nil
}

func read(file *zip.File, left int64) (Asset, int64, error) {
	reader, err := file.Open()
	if err != nil {
		return Asset{}, 0, fmt.Errorf("cannot be unpacked: %w", err)
	}
	defer reader.Close()
	text, err := io.ReadAll(io.LimitReader(reader, left+1))
	switch {
	case err != nil:
		return Asset{}, 0, fmt.Errorf("cannot be unpacked: %w", err)
	case int64(len(text)) > left:
		return Asset{}, 0, fmt.Errorf("is too large: a bundle may hold 2 GiB")
	}
	asset := Asset{}
	if err := json.Unmarshal(text, &asset.Body); err != nil {
		return Asset{}, 0, fmt.Errorf("is no JSON object: %w", err)
	}
	folder := path.Dir(file.Name)
	i := slices.IndexFunc(Types, func(t string) bool { return strings.EqualFold(t, folder) })
	kind, _ := asset.Body["resourceType"].(string)
	if i < 0 || !strings.EqualFold(kind, folder) {
		return Asset{}, 0, fmt.Errorf("is no asset: its folder and its resourceType, %q, are not one of %s", kind, strings.Join(Types, ", "))
	}
	delete(asset.Body, "resourceType")
	asset.Type = Types[i]
	if asset.ID = asset.id(); asset.ID == "" {
		return Asset{}, 0, fmt.Errorf("has no %s", cmp.Or(keys[asset.Type], "dataSetId with schedule.scheduleId"))
	}
	return asset, int64(len(text)), nil
}

func (a Asset) id() string {
	if a.Type == RefreshSchedule {
		of, _ := a.Body["dataSetId"].(string)
		schedule, _ := a.Body["schedule"].(map[string]any)
		id, _ := schedule["scheduleId"].(string)
		if of == "" || id == "" {
			return ""
		}
		return of + "/" + id
	}
	id, _ := a.Body[keys[a.Type]].(string)
	return id
}

func (b *Bundle) sort() {
	slices.SortFunc(b.Assets, func(x, y Asset) int {
		return cmp.Or(cmp.Compare(slices.Index(Types, x.Type), slices.Index(Types, y.Type)), cmp.Compare(x.ID, y.ID))
	})
}

// Add puts assets into the bundle, in place of those of the same type and id.
func (b *Bundle) Add(assets ...Asset) {
	for _, asset := range assets {
		b.Remove(asset.Name())
		b.Assets = append(b.Assets, asset)
	}
	b.sort()
}

// Remove takes an asset out of the bundle, and says whether it was there.
func (b *Bundle) Remove(name string) bool {
	before := len(b.Assets)
	b.Assets = slices.DeleteFunc(b.Assets, func(a Asset) bool { return a.Name() == name })
	return len(b.Assets) < before
}

// Find is the asset of a type and id.
func (b *Bundle) Find(name string) (Asset, bool) {
	i := slices.IndexFunc(b.Assets, func(a Asset) bool { return a.Name() == name })
	if i < 0 {
		return Asset{}, false
	}
	return b.Assets[i], true
}

// Names are the types and ids of the assets of the given types; without any, of all.
func (b *Bundle) Names(types ...string) []string {
	var names []string
	for _, asset := range b.Assets {
		if len(types) == 0 || slices.Contains(types, asset.Type) {
			names = append(names, asset.Name())
		}
	}
	return names
}

// Write is the bundle as a file; the same bytes for the same assets.
func (b *Bundle) Write() ([]byte, error) {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, asset := range b.Assets {
		file, err := archive.CreateHeader(&zip.FileHeader{Name: asset.file(), Method: zip.Deflate})
		if err != nil {
			return nil, err
		}
		encoder := json.NewEncoder(file)
		encoder.SetEscapeHTML(false)
		body := map[string]any{"resourceType": asset.Type}
		for key, value := range asset.Body {
			body[key] = value
		}
		if err := encoder.Encode(body); err != nil {
			return nil, fmt.Errorf("%s: %w", asset.Name(), err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (a Asset) file() string {
	if of, schedule, is := strings.Cut(a.ID, "/"); is {
		return path.Join(a.Type, of+"--refresh-schedule--"+schedule+".json")
	}
	return path.Join(a.Type, a.ID+".json")
}

// Digest is the same for bundles with the same assets, whatever program has zipped them.
func (b *Bundle) Digest() string {
	hash := sha256.New()
	for _, asset := range b.Assets {
		text, _ := json.Marshal(asset.Body) // it was read from JSON
		fmt.Fprintf(hash, "%s %d\n%s", asset.Name(), len(text), text)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// Point makes every reference to an asset, e.g. to "datasource/dev", one to the asset with that ARN.
func (b *Bundle) Point(name, arn string) {
	b.references(name, func(string) string { return arn })
}

// Uses is how many references to an asset there are.
func (b *Bundle) Uses(name string) int {
	count := 0
	b.references(name, func(arn string) string { count++; return arn })
	return count
}

// references puts what change makes of it in the place of each reference to an asset.
func (b *Bundle) references(name string, change func(arn string) string) {
	var walk func(any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for key, inner := range v {
				v[key] = walk(inner)
			}
		case []any:
			for i, inner := range v {
				v[i] = walk(inner)
			}
		case string:
			if parts := strings.SplitN(v, ":", 6); len(parts) == 6 && parts[0] == "arn" && parts[2] == "quicksight" && parts[5] == name {
				return change(v)
			}
		}
		return v
	}
	for _, asset := range b.Assets {
		walk(asset.Body)
	}
}
