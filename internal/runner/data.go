package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/cloud"
	"github.com/lakekeel/lakekeel/internal/graph"
)

// A Target is a place in S3 that a crawler of the workflow reads.
type Target struct {
	Crawler string
	Bucket  string
	Prefix  string // without the slash at the end, e.g. "raw/orders"
}

// Name is the last part of the target's path: what its data is called.
func (t Target) Name() string {
	if t.Prefix == "" {
		return t.Bucket
	}
	return path.Base(t.Prefix)
}

// An Upload is the files that take the place of what a target holds.
type Upload struct {
	Target Target
	Files  map[string]string // path on this machine, by key below the target's prefix
}

// dataSuffixes are the endings of the files that Glue's built-in classifiers read.
var dataSuffixes = []string{".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".avro", ".orc", ".xml", ".txt"}

// isData reports whether a file is one for a crawler; a README beside the data is not.
func isData(name string) bool {
	name = strings.ToLower(name)
	for _, packed := range []string{".gz", ".bz2", ".snappy", ".zst"} {
		name = strings.TrimSuffix(name, packed)
	}
	return slices.Contains(dataSuffixes, filepath.Ext(name))
}

// hidden reports whether Hadoop, and so Spark and Glue, would not see a file.
func hidden(name string) bool { return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") }

// Match decides which files of a folder go to which target: x.csv, or all that
// is in the sub-folder x, to the target called x. Files that are no data (a
// README) and hidden ones stay. Anything else without a place, and a target
// without data, is a fault; all of them are reported at once.
func Match(folder string, targets []Target) ([]Upload, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("--data is %q; want a folder that can be read: %w", folder, innermost(err))
	}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	names := namesOf(targets, fault)
	sources := map[string][]string{} // paths in the folder, by target's name
	for _, entry := range entries {
		name, ok := source(entry)
		switch {
		case !ok:
		case slices.Contains(names, name):
			sources[name] = append(sources[name], entry.Name())
		default:
			fault("%s matches no crawler target; %s", filepath.Join(folder, entry.Name()), nearestTarget(name, names))
		}
	}
	var uploads []Upload
	for _, target := range targets {
		found := sources[target.Name()]
		switch len(found) {
		case 0:
			fault("crawler %s reads s3://%s/%s, but %s has neither %[5]s.csv nor a folder %[5]s", target.Crawler, target.Bucket, target.Prefix, folder, target.Name())
			continue
		case 1:
		default:
			fault("%s are both for %s; keep one", strings.Join(found, " and "), target.Name())
			continue
		}
		files, err := filesOf(filepath.Join(folder, found[0]))
		if err != nil {
			faults = append(faults, err)
		}
		uploads = append(uploads, Upload{target, files})
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return uploads, nil
}

func namesOf(targets []Target, fault func(string, ...any)) []string {
	if len(targets) == 0 {
		fault("no crawler of this workflow reads from S3, so --data has no place to go")
	}
	var names []string
	for _, target := range targets {
		if slices.Contains(names, target.Name()) {
			fault("two crawler targets are called %s; put the data there by other means", target.Name())
		}
		names = append(names, target.Name())
	}
	return names
}

// source returns what a file or folder is the data of, and whether it is data at all.
func source(entry fs.DirEntry) (string, bool) {
	name := entry.Name()
	if hidden(name) || !entry.IsDir() && !isData(name) {
		return "", false
	}
	if !entry.IsDir() {
		name, _, _ = strings.Cut(name, ".")
	}
	return name, true
}

func nearestTarget(name string, names []string) string {
	if near, ok := check.Nearest(name, names); ok {
		return "did you mean " + near + "?"
	}
	return "want " + strings.Join(names, ", ")
}

// filesOf lists what is to be uploaded of a file or a folder.
func filesOf(root string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return innermost(err)
		}
		if file != root && hidden(entry.Name()) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			return nil
		}
		key := filepath.Base(file)
		if file != root {
			if key, err = filepath.Rel(root, file); err != nil {
				return err
			}
		}
		files[filepath.ToSlash(key)] = file
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s is empty; want at least one file", root)
	}
	return files, err
}

// innermost drops the operation and path that the os package puts around an error.
func innermost(err error) error {
	var wrapped *fs.PathError
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// Targets lists the places in S3 that the workflow's crawlers read.
func (w *Workflow) Targets(ctx context.Context) ([]Target, error) {
	var targets []Target
	for _, action := range w.Graph.Actions {
		if action.Kind != graph.Crawler {
			continue
		}
		got, err := w.glue.GetCrawler(ctx, &glue.GetCrawlerInput{Name: &action.Name})
		if err != nil {
			return nil, fmt.Errorf("crawler %s: %w", action.Name, w.explain(err))
		}
		if got.Crawler == nil || got.Crawler.Targets == nil {
			continue
		}
		for _, target := range got.Crawler.Targets.S3Targets {
			bucket, prefix := split(aws.ToString(target.Path))
			targets = append(targets, Target{Crawler: action.Name, Bucket: bucket, Prefix: prefix})
		}
	}
	return targets, nil
}

// split takes an S3 URL apart; Glue also takes one without its scheme.
func split(url string) (bucket, prefix string) {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		rest = url
	}
	bucket, prefix, _ = strings.Cut(rest, "/")
	return bucket, strings.Trim(prefix, "/")
}

// uploads at once; more gains nothing on this machine, and S3 takes far more.
const uploadsAtOnce = 8

// Put uploads the files and then removes what was there before, so that a run
// started afterwards sees these and nothing else. done is told of each target.
func Put(ctx context.Context, c *cloud.Cloud, uploads []Upload, done func(Upload)) error {
	client := c.S3()
	for _, upload := range uploads {
		if err := put(ctx, client, upload); err != nil {
			return fmt.Errorf("s3://%s/%s: %w", upload.Target.Bucket, upload.Target.Prefix, explain(c, err))
		}
		done(upload)
	}
	return nil
}

func put(ctx context.Context, client *s3.Client, upload Upload) error {
	old, err := list(ctx, client, upload.Target)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(uploadsAtOnce)
	for name, file := range upload.Files {
		key := upload.Target.key(name)
		old = slices.DeleteFunc(old, func(o types.ObjectIdentifier) bool { return *o.Key == key })
		group.Go(func() error { return putFile(ctx, client, upload.Target.Bucket, key, file) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return remove(ctx, client, upload.Target.Bucket, old)
}

// key is where a file stands in the bucket.
func (t Target) key(name string) string { return path.Join(t.Prefix, name) }

func putFile(ctx context.Context, client *s3.Client, bucket, key, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: file})
	return err
}

func list(ctx context.Context, client *s3.Client, target Target) ([]types.ObjectIdentifier, error) {
	prefix := target.Prefix
	if prefix != "" {
		prefix += "/"
	}
	var objects []types.ObjectIdentifier
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &target.Bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, object := range page.Contents {
			objects = append(objects, types.ObjectIdentifier{Key: object.Key})
		}
	}
	return objects, nil
}

// deleteBatch is the most keys that DeleteObjects takes.
const deleteBatch = 1000

func remove(ctx context.Context, client *s3.Client, bucket string, objects []types.ObjectIdentifier) error {
	for batch := range slices.Chunk(objects, deleteBatch) {
		deleted, err := client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &bucket, Delete: &types.Delete{Objects: batch, Quiet: aws.Bool(true)}})
		if err != nil {
			return err
		}
		if len(deleted.Errors) > 0 {
			return fmt.Errorf("%s is not removed: %s", aws.ToString(deleted.Errors[0].Key), aws.ToString(deleted.Errors[0].Message))
		}
	}
	return nil
}
