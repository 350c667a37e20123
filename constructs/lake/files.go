package lake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
)

// ScriptsProps describes [Scripts].
type ScriptsProps struct {
	Bucket *Bucket
	Prefix string   // folder in Bucket; if empty, "scripts/"
	Folder fs.FS    // where Files are: os.DirFS("etlScripts/orders") or an embed.FS
	Files  []string // names in Folder, e.g. "curate_orders.py"; at least one
}

// Scripts are files in a bucket under keys that hold a hash of their content:
// <prefix>/<SHA-256>/<name>. A changed script gets a new key, so a job that is running, or
// that is rolled back to, still has the one it was deployed with. Nothing is deleted.
type Scripts struct {
	Construct constructs.Construct

	urls map[string]string // by name
}

// NewScripts defines scripts in scope. It panics with the error of
// [ScriptsProps.Validate] if the props are not sound.
func NewScripts(scope constructs.Construct, id string, props ScriptsProps) *Scripts {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	s := &Scripts{Construct: constructs.NewConstruct(scope, &id), urls: map[string]string{}}
	var list []file
	for _, name := range props.Files {
		f := newFile(s.Construct, props.Folder, name)
		f.key = props.prefix() + f.sha256 + "/" + path.Base(name)
		list = append(list, f)
	}
	bucket := put(s.Construct, props.Bucket, []string{props.prefix()}, list, nil)
	for i, name := range props.Files {
		s.urls[name] = "s3://" + bucket + "/" + list[i].key
	}
	return s
}

// URL is the s3:// URL of the script, for glue.JobProps.Script. Whatever holds it is
// made after the script is there. It panics if name is none of ScriptsProps.Files.
func (s *Scripts) URL(name string) string {
	url, ok := s.urls[name]
	if !ok {
		want := "one of " + strings.Join(slices.Sorted(maps.Keys(s.urls)), ", ")
		panic(&check.Fault{Field: "lake.Scripts.URL", Got: name, Want: want})
	}
	return url
}

func (p ScriptsProps) prefix() string {
	if p.Prefix == "" {
		return "scripts/"
	}
	return p.Prefix
}

// Validate reports every fault in the props as a [check.Fault]. It reads no more of
// Folder than whether the files are there.
func (p ScriptsProps) Validate() error {
	faults := check.Of("lake.ScriptsProps")
	faults.Want(p.Bucket != nil, "Bucket", nil, "a bucket")
	faults.Want(isFolder(p.prefix()), "Prefix", p.Prefix, wantFolder)
	faults.Want(p.Folder != nil, "Folder", nil, `where the files are, e.g. os.DirFS("etlScripts/orders")`)
	faults.Want(len(p.Files) > 0, "Files", p.Files, "at least one file")
	for i, name := range p.Files {
		field := fmt.Sprintf("Files[%d]", i)
		faults.Want(!slices.Contains(p.Files[:i], name), field, name, "a file that is not listed yet")
		wantFile(faults, p.Folder, field, name)
	}
	return faults.Err()
}

// SampleDataProps describes [SampleData].
type SampleDataProps struct {
	Bucket *Bucket
	Folder fs.FS             // where the files are: os.DirFS("sample") or an embed.FS
	Files  map[string]string // by name in Folder, the key in Bucket, e.g. "raw/orders/sample.csv"; at least one
}

// SampleData are files that are put into a bucket when there is no object yet in any of
// the folders that they go to, so that they are never mixed with data of one's own.
// After that they are left alone: not updated, not deleted.
type SampleData struct {
	Construct constructs.Construct
}

// NewSampleData defines sample data in scope. It panics with the error of
// [SampleDataProps.Validate] if the props are not sound.
func NewSampleData(scope constructs.Construct, id string, props SampleDataProps) *SampleData {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	d := &SampleData{Construct: constructs.NewConstruct(scope, &id)}
	var list []file
	folders := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(props.Files)) {
		f := newFile(d.Construct, props.Folder, name)
		f.key = props.Files[name]
		list = append(list, f)
		folders[path.Dir(f.key)+"/"] = true
	}
	prefixes := slices.Sorted(maps.Keys(folders))
	put(d.Construct, props.Bucket, prefixes, list, prefixes)
	return d
}

// Validate reports every fault in the props as a [check.Fault]. It reads no more of
// Folder than whether the files are there.
func (p SampleDataProps) Validate() error {
	faults := check.Of("lake.SampleDataProps")
	faults.Want(p.Bucket != nil, "Bucket", nil, "a bucket")
	faults.Want(p.Folder != nil, "Folder", nil, `where the files are, e.g. os.DirFS("sample")`)
	faults.Want(len(p.Files) > 0, "Files", p.Files, "at least one file")
	for _, name := range slices.Sorted(maps.Keys(p.Files)) {
		field, key := fmt.Sprintf("Files[%q]", name), p.Files[name]
		faults.Want(isKey(key) && strings.Contains(key, "/"), field, key, `a key in a folder, e.g. "raw/orders/sample.csv"`)
		wantFile(faults, p.Folder, field, name)
	}
	return faults.Err()
}

func wantFile(faults *check.Faults, folder fs.FS, field, name string) {
	if folder == nil {
		return // said already
	}
	info, err := fs.Stat(folder, name)
	faults.Want(err == nil && info.Mode().IsRegular(), field, name, "the name of a file in Folder")
}

// A file is one asset on its way into a bucket.
type file struct {
	fromBucket, fromKey string // where the CDK puts the asset
	key                 string // where it goes
	sha256              string // of the content, in hex
}

// newFile makes an asset of a file. The CDK copies it into the cloud assembly at once,
// so a file that is not on disk has to be there for that moment only.
func newFile(scope constructs.Construct, folder fs.FS, name string) file {
	content, err := fs.ReadFile(folder, name)
	if err != nil {
		panic(fmt.Errorf("reading %s: %w", name, err))
	}
	dir, err := os.MkdirTemp("", "lakekeel-")
	if err != nil {
		panic(fmt.Errorf("reading %s: %w", name, err))
	}
	defer os.RemoveAll(dir)
	local := filepath.Join(dir, path.Base(name))
	if err := os.WriteFile(local, content, 0o644); err != nil {
		panic(fmt.Errorf("reading %s: %w", name, err))
	}
	asset := awss3assets.NewAsset(scope, &name, &awss3assets.AssetProps{Path: &local})
	sum := sha256.Sum256(content)
	return file{fromBucket: *asset.S3BucketName(), fromKey: *asset.S3ObjectKey(), sha256: hex.EncodeToString(sum[:])}
}

// put makes the custom resource that copies the files into the bucket's folders, unless
// there is anything in ifEmpty. It returns the bucket's name as known once that is done.
func put(scope constructs.Construct, bucket *Bucket, folders []string, files []file, ifEmpty []string) string {
	place := placeFunction(scope)
	list := []any{}
	for _, f := range files {
		grant(place.role, []string{"s3:GetObject"}, s3Arn(f.fromBucket, f.fromKey))
		list = append(list, map[string]any{"FromBucket": f.fromBucket, "FromKey": f.fromKey, "Key": f.key, "Sha256": f.sha256})
	}
	for _, folder := range folders {
		bucket.allow(place.role, []string{folder + "*"}, "s3:PutObject")
	}
	bucket.allowKey(place.role, "kms:GenerateDataKey")
	properties := map[string]any{"Bucket": bucket.Name(), "Files": list}
	if len(ifEmpty) > 0 {
		properties["IfEmpty"] = ifEmpty
		grant(place.role, []string{"s3:ListBucket"}, *bucket.Bucket.BucketArn())
	}
	resource := place.resource(scope, "Custom::LakekeelFiles", properties)
	return *awscdk.Token_AsString(resource.GetAtt(jsii.String("Bucket")), nil)
}
