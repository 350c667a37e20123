package lake

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

// anyKey stands for a key in tests that start no Node.
type anyKey struct{ awskms.IKey }

func TestSourceFitsIntoATemplate(t *testing.T) {
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-lambda-function-code.html
	if len(source) > 4096 {
		t.Errorf("function/index.py has %d characters; want at most 4096", len(source))
	}
}

func TestBucketPropsValidate(t *testing.T) {
	bucket := func(change func(*BucketProps)) BucketProps {
		p := BucketProps{Key: anyKey{}}
		change(&p)
		return p
	}
	const name = `3 to 63 of a-z, 0-9 and "-", first and last no "-", without what S3 reserves (xn--, sthree-, amzn-s3-demo-, -s3alias, --ol-s3, --x-s3, --table-s3)`
	stem := strings.Replace(name, "63", "35", 1)
	tests := map[string]struct {
		props BucketProps
		want  string // the whole message; empty if the props are sound
	}{
		"a name may be made up":  {props: bucket(func(p *BucketProps) {})},
		"a stem of 35 letters":   {props: bucket(func(p *BucketProps) { p.Stem = strings.Repeat("a", 35) })},
		"a name may hold tokens": {props: bucket(func(p *BucketProps) { p.Name = "raw-${Token[AWS.AccountId.4]}" })},
		"whole days":             {props: bucket(func(p *BucketProps) { p.NoncurrentAge, p.Temporary = day, map[string]time.Duration{"temp/": day} })},
		"no key":                 {props: BucketProps{}, want: "lake.BucketProps.Key is <nil>; want a KMS key"},
		"a name and a stem":      {props: bucket(func(p *BucketProps) { p.Name, p.Stem = "raw", "raw" }), want: `lake.BucketProps.Stem is "raw"; want nothing, since Name is the whole name`},
		"a short name":           {props: bucket(func(p *BucketProps) { p.Name = "ab" }), want: `lake.BucketProps.Name is "ab"; want ` + name},
		"capitals":               {props: bucket(func(p *BucketProps) { p.Name = "Raw" }), want: `lake.BucketProps.Name is "Raw"; want ` + name},
		"a dot, for which there is no certificate": {props: bucket(func(p *BucketProps) { p.Name = "raw.data" }), want: `lake.BucketProps.Name is "raw.data"; want ` + name},
		"an underscore":        {props: bucket(func(p *BucketProps) { p.Name = "raw_data" }), want: `lake.BucketProps.Name is "raw_data"; want ` + name},
		"a dash at the end":    {props: bucket(func(p *BucketProps) { p.Name = "raw-" }), want: `lake.BucketProps.Name is "raw-"; want ` + name},
		"a reserved beginning": {props: bucket(func(p *BucketProps) { p.Name = "xn--raw" }), want: `lake.BucketProps.Name is "xn--raw"; want ` + name},
		"a reserved end":       {props: bucket(func(p *BucketProps) { p.Name = "raw-s3alias" }), want: `lake.BucketProps.Name is "raw-s3alias"; want ` + name},
		"a long stem":          {props: bucket(func(p *BucketProps) { p.Stem = strings.Repeat("a", 36) }), want: `lake.BucketProps.Stem is "` + strings.Repeat("a", 36) + `"; want ` + stem},
		"a part of a day":      {props: bucket(func(p *BucketProps) { p.NoncurrentAge = time.Hour }), want: "lake.BucketProps.NoncurrentAge is 1h0m0s; want whole days, or 0 for 30 days"},
		"every fault is reported": {
			props: BucketProps{Name: "A", Temporary: map[string]time.Duration{"/temp": 0}},
			want: `lake.BucketProps.Name is "A"; want ` + name + `
lake.BucketProps.Key is <nil>; want a KMS key
lake.BucketProps.Temporary["/temp"] is "/temp"; want a folder in the bucket, e.g. "raw/orders/", without "/" before it or "//" in it
lake.BucketProps.Temporary["/temp"] is 0s; want whole days, 1 or more`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { checktest.Message(t, test.props.Validate(), test.want) })
	}
}

func TestKeyPropsValidate(t *testing.T) {
	const want = `; want 1 to 250 of letters, digits, "/", "_" and "-", without "alias/" or "aws/" before it, or nothing`
	for alias, message := range map[string]string{
		"":          "",
		"lake/raw":  "",
		"alias/raw": `lake.KeyProps.Alias is "alias/raw"` + want,
		"aws/s3":    `lake.KeyProps.Alias is "aws/s3"` + want,
		"lake raw":  `lake.KeyProps.Alias is "lake raw"` + want,
	} {
		checktest.Message(t, KeyProps{Alias: alias}.Validate(), message)
	}
}

func TestAccessLogsPropsValidate(t *testing.T) {
	checktest.Message(t, AccessLogsProps{Keep: day}.Validate(), "")
	checktest.Message(t, AccessLogsProps{Keep: -day}.Validate(), "lake.AccessLogsProps.Keep is -24h0m0s; want whole days, or 0 for 90 days")
}

func TestScriptsPropsValidate(t *testing.T) {
	folder := fstest.MapFS{"a.py": {}, "deep/b.py": {}}
	checktest.Message(t, ScriptsProps{Bucket: &Bucket{}, Folder: folder, Files: []string{"a.py", "deep/b.py"}}.Validate(), "")
	checktest.Message(t, ScriptsProps{}.Validate(), `lake.ScriptsProps.Bucket is <nil>; want a bucket
lake.ScriptsProps.Folder is <nil>; want where the files are, e.g. os.DirFS("etlScripts/orders")
lake.ScriptsProps.Files is []; want at least one file`)
	checktest.Message(t, ScriptsProps{Bucket: &Bucket{}, Prefix: "scripts", Folder: folder, Files: []string{"a.py", "a.py", "c.py", "deep"}}.Validate(),
		`lake.ScriptsProps.Prefix is "scripts"; want a folder in the bucket, e.g. "raw/orders/", without "/" before it or "//" in it
lake.ScriptsProps.Files[1] is "a.py"; want a file that is not listed yet
lake.ScriptsProps.Files[2] is "c.py"; want the name of a file in Folder
lake.ScriptsProps.Files[3] is "deep"; want the name of a file in Folder`)
}

func TestSampleDataPropsValidate(t *testing.T) {
	folder := fstest.MapFS{"a.csv": {}}
	checktest.Message(t, SampleDataProps{Bucket: &Bucket{}, Folder: folder, Files: map[string]string{"a.csv": "raw/a.csv"}}.Validate(), "")
	checktest.Message(t, SampleDataProps{}.Validate(), `lake.SampleDataProps.Bucket is <nil>; want a bucket
lake.SampleDataProps.Folder is <nil>; want where the files are, e.g. os.DirFS("sample")
lake.SampleDataProps.Files is map[]; want at least one file`)
	checktest.Message(t, SampleDataProps{Bucket: &Bucket{}, Folder: folder, Files: map[string]string{"a.csv": "a.csv", "b.csv": "raw//b.csv"}}.Validate(),
		`lake.SampleDataProps.Files["a.csv"] is "a.csv"; want a key in a folder, e.g. "raw/orders/sample.csv"
lake.SampleDataProps.Files["b.csv"] is "raw//b.csv"; want a key in a folder, e.g. "raw/orders/sample.csv"
lake.SampleDataProps.Files["b.csv"] is "b.csv"; want the name of a file in Folder`)
}

func TestScriptsURLNamesTheScriptsThereAre(t *testing.T) {
	s := &Scripts{urls: map[string]string{"a.py": "s3://b/a", "c.py": "s3://b/c"}}
	defer func() {
		err, _ := recover().(error)
		checktest.Message(t, err, `lake.Scripts.URL is "b.py"; want one of a.py, c.py`)
	}()
	s.URL("b.py")
}
