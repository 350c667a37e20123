package emreks

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// Data is what a tenant, or one of its jobs, reads and writes. Everything not named here
// is out of reach.
type Data struct {
	Reads  []string // s3:// URLs of folders; the bucket may be a token
	Writes []string // s3:// URLs of folders that are read, written and deleted in; each with a prefix

	ReadDatabases  []string // names of Glue databases
	WriteDatabases []string // names of Glue databases in which tables are made and changed, and read
	LockTables     []string // names of DynamoDB tables with which writers take turns; may be tokens
	Keys           []string // ARNs of the KMS keys of the data; may be tokens

	LakeFormation bool // data is read through Lake Formation, which then decides on tables, rows and columns
}

var (
	database  = regexp.MustCompile(`^[a-z0-9_]{1,255}$`)
	lockTable = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)
)

func (d Data) check(faults *check.Faults, field string) {
	for i, url := range d.Reads {
		_, _, ok := folder(url)
		faults.Want(ok, fmt.Sprintf("%s.Reads[%d]", field, i), url, "the s3:// URL of a folder")
	}
	for i, url := range d.Writes {
		_, prefix, ok := folder(url)
		faults.Want(ok && prefix != "", fmt.Sprintf("%s.Writes[%d]", field, i), url, "the s3:// URL of a folder with a prefix; a bucket is not one tenant's")
	}
	for i, name := range slices.Concat(d.ReadDatabases, d.WriteDatabases) {
		at := fmt.Sprintf("%s.ReadDatabases[%d]", field, i)
		if i >= len(d.ReadDatabases) {
			at = fmt.Sprintf("%s.WriteDatabases[%d]", field, i-len(d.ReadDatabases))
		}
		faults.Want(database.MatchString(name), at, name, "1 to 255 of a-z, 0-9 and _")
	}
	for i, name := range d.LockTables {
		faults.Want(policy.HasToken(name) || lockTable.MatchString(name), fmt.Sprintf("%s.LockTables[%d]", field, i), name, "3 to 255 of letters, digits, _, . and -")
	}
	for i, key := range d.Keys {
		faults.Want(policy.HasToken(key) || keyARN.MatchString(key), fmt.Sprintf("%s.Keys[%d]", field, i), key, "the ARN of a KMS key")
	}
}

var keyARN = regexp.MustCompile(`^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)

// checkIn records what d has that whole has not: a job cannot have more than its tenant.
func (d Data) checkIn(faults *check.Faults, whole Data, tenant string) {
	inside := func(url string, folders []string) bool {
		return slices.ContainsFunc(folders, func(outer string) bool { return within(url, outer) })
	}
	for i, url := range d.Reads {
		ok := inside(url, slices.Concat(whole.Reads, whole.Writes))
		faults.Want(ok, fmt.Sprintf("Data.Reads[%d]", i), url, fmt.Sprintf("a folder in Data.Reads or Data.Writes of tenant %q", tenant))
	}
	for i, url := range d.Writes {
		faults.Want(inside(url, whole.Writes), fmt.Sprintf("Data.Writes[%d]", i), url, fmt.Sprintf("a folder in Data.Writes of tenant %q", tenant))
	}
	subset := func(field string, names, of []string) {
		for i, name := range names {
			want := fmt.Sprintf("one that tenant %q has there", tenant)
			faults.Want(slices.Contains(of, name), fmt.Sprintf("Data.%s[%d]", field, i), name, check.Suggest(want, name, of))
		}
	}
	subset("ReadDatabases", d.ReadDatabases, slices.Concat(whole.ReadDatabases, whole.WriteDatabases))
	subset("WriteDatabases", d.WriteDatabases, whole.WriteDatabases)
	subset("LockTables", d.LockTables, whole.LockTables)
	subset("Keys", d.Keys, whole.Keys)
	faults.Want(!d.LakeFormation || whole.LakeFormation, "Data.LakeFormation", d.LakeFormation, fmt.Sprintf("false, as of tenant %q", tenant))
}

const (
	anyObject = "the names of the objects in the folder are not known before they are there"
	anyTable  = "the right is on all tables of a database, and to read all there is to know of them: names and versions are the data's"
)

// rights are what a role needs for the data.
func (d Data) rights() []policy.Statement {
	var all []policy.Statement
	for _, url := range d.Reads {
		all = append(all, folderRights(url, "s3:GetObject")...)
	}
	for _, url := range d.Writes {
		all = append(all, folderRights(url, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")...)
	}
	all = append(all, d.catalogRights()...)
	if len(d.LockTables) > 0 {
		var tables []string
		for _, name := range d.LockTables {
			tables = append(tables, policy.Here().Arn("dynamodb", "table/"+name))
		}
		all = append(all, policy.Statement{Actions: []string{
			"dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Query",
		}, Resources: tables})
	}
	if len(d.Keys) > 0 {
		all = append(all, policy.Statement{Actions: []string{"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"}, Resources: d.Keys})
	}
	if d.LakeFormation {
		all = append(all, policy.Statement{Actions: []string{"lakeformation:GetDataAccess"}, Resources: []string{"*"},
			Wildcard: "GetDataAccess has no narrower form; Lake Formation's grants decide"})
	}
	return all
}

// catalogRights are those on Glue. A Spark session with the Glue catalog asks for the
// databases default and global_temp, and fails when that is denied.
func (d Data) catalogRights() []policy.Statement {
	h := policy.Here()
	arns := func(names []string) []string {
		list := []string{h.Arn("glue", "catalog")}
		for _, name := range names {
			list = append(list, h.Arn("glue", "database/"+name), h.Arn("glue", "table/"+name+"/*"))
		}
		return list
	}
	var all []policy.Statement
	if read := slices.Concat(d.ReadDatabases, d.WriteDatabases); len(read) > 0 {
		resources := append(arns(read), h.Arn("glue", "database/default"), h.Arn("glue", "database/global_temp"))
		all = append(all, policy.Statement{Actions: []string{"glue:Get*"}, Resources: resources, Wildcard: anyTable})
	}
	if len(d.WriteDatabases) > 0 {
		all = append(all, policy.Statement{Actions: []string{"glue:BatchCreatePartition", "glue:CreateTable", "glue:UpdateTable"}, Resources: arns(d.WriteDatabases), Wildcard: anyTable})
	}
	return all
}

// folderRights are actions on the objects under an s3:// URL, and the listing of them.
func folderRights(url string, actions ...string) []policy.Statement {
	bucket, prefix, _ := folder(url)
	return policy.Here().Folder(bucket, prefix, anyObject, actions...)
}
