package databrew

import (
	"cmp"
	"slices"

	"github.com/aws/constructs-go/constructs/v10"

	"github.com/lakekeel/lakekeel/internal/check"
)

// DatasetProps describes a [Dataset].
type DatasetProps struct {
	Name    string // 1 to 255 letters, digits, hyphens, periods and spaces, unique in the account and region
	Bucket  string // name of the bucket
	Folder  string // key of a file, or of a folder with a "/" at its end
	Format  Format // if empty, CSV
	Columns []string
}

// Format is how files are written.
type Format string

// The formats. Files of CSV have the names of the columns in their first line.
const (
	CSV     Format = "CSV"
	JSON    Format = "JSON"
	Parquet Format = "PARQUET"
)

var formats = []Format{CSV, JSON, Parquet}

// Dataset is files in S3 that jobs read.
type Dataset struct {
	Construct constructs.Construct
	Name      string
	Columns   []string
}

// NewDataset defines a dataset in scope. It panics with the error of [DatasetProps.Validate] if
// the props are not sound.
func NewDataset(scope constructs.Construct, id string, props DatasetProps) *Dataset {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	d := &Dataset{Construct: constructs.NewConstruct(scope, &id), Name: props.Name, Columns: props.Columns}
	format := cmp.Or(props.Format, CSV)
	properties := map[string]any{
		"Name": props.Name, "Format": string(format),
		"Input": map[string]any{"S3InputDefinition": map[string]any{"Bucket": props.Bucket, "Key": props.Folder}},
	}
	if format == CSV {
		properties["FormatOptions"] = map[string]any{"Csv": map[string]any{"Delimiter": ",", "HeaderRow": true}}
	}
	resource(d.Construct, "Dataset", properties)
	return d
}

// Validate reports every fault in the props as a [check.Fault].
func (p DatasetProps) Validate() error {
	faults := check.Of("databrew.DatasetProps")
	faults.Want(resourceName.MatchString(p.Name), "Name", p.Name, wantName)
	faults.Want(p.Bucket != "", "Bucket", p.Bucket, "the name of a bucket")
	faults.Want(p.Folder != "" && p.Folder[0] != '/', "Folder", p.Folder, `a key, or a folder such as "raw/orders/"`)
	faults.Want(p.Format == "" || slices.Contains(formats, p.Format), "Format", string(p.Format), check.OneOf(formats))
	faults.Want(len(p.Columns) > 0, "Columns", len(p.Columns), "the columns of the files")
	return faults.Err()
}
