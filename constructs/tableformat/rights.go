package tableformat

import (
	"strings"

	"github.com/lakekeel/lakekeel/internal/policy"
)

func (p Props) statements() []policy.Statement {
	statements := append(p.files(), p.catalog()...)
	if p.locked() {
		statements = append(statements, p.lock()...)
	}
	if p.DataKeyARN != "" {
		actions := []string{"kms:Decrypt"}
		if p.Access == ReadWrite || p.recovers() {
			actions = append(actions, "kms:GenerateDataKey")
		}
		statements = append(statements, policy.Statement{Actions: actions, Resources: []string{p.DataKeyARN}})
	}
	return statements
}

// recovers tells whether even a reader writes: Delta's log store lets it finish the
// commit of a writer that died.
func (p Props) recovers() bool { return p.Format == Delta && p.locked() }

// files are the rights on the warehouse's objects, its listing, and nothing beside it.
func (p Props) files() []policy.Statement {
	bucket, prefix, _ := splitS3(p.Warehouse)
	const reason = "the names of a table's files are not known before they are there"
	actions := []string{"s3:GetObject"}
	if p.Access == ReadWrite {
		actions = append(actions, "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
	}
	statements := p.place.Folder(bucket, prefix, reason, actions...)
	if p.Access == ReadOnly && p.recovers() {
		statements = append(statements, policy.Statement{
			Actions:   []string{"s3:PutObject"},
			Resources: []string{p.place.S3(bucket + "/" + prefix + "/*/_delta_log/*")}, Wildcard: reason,
		})
	}
	return statements
}

// catalog are the rights on the databases and their tables; Glue asks for the catalog itself as well.
// Nothing here deletes a table.
func (p Props) catalog() []policy.Statement {
	read := []string{
		"glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables", "glue:GetTableVersion", "glue:GetTableVersions",
		"glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition",
	}
	write := []string{"glue:CreateTable", "glue:UpdateTable", "glue:BatchCreatePartition"}
	if p.Format == Hudi { // whose sync follows partitions that moved or went
		write = append(write, "glue:BatchUpdatePartition", "glue:UpdatePartition", "glue:BatchDeletePartition", "glue:DeletePartition")
	}
	resources := []string{p.place.Arn("glue", "catalog")}
	for _, database := range p.Databases {
		resources = append(resources, p.place.Arn("glue", "database/"+database), p.place.Arn("glue", "table/"+database+"/*"))
	}
	const reason = "the tables of the job's own databases; Glue has no narrower name for those yet to be made"
	statements := []policy.Statement{{Actions: read, Resources: resources, Wildcard: reason}}
	if p.Access == ReadWrite {
		statements = append(statements, policy.Statement{Actions: write, Resources: resources, Wildcard: reason})
	}
	return statements
}

// lock are the rights on the lock table: what each format's client calls, seen in its code.
// None may create the table, so that a name misspelt is an error and not a second lock.
func (p Props) lock() []policy.Statement {
	actions := []string{"dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
	switch {
	case p.Format == Delta:
		actions = []string{"dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}
	case p.Access == ReadOnly:
		return nil // Hudi's and Iceberg's readers take no lock
	}
	statements := []policy.Statement{{Actions: actions, Resources: []string{p.place.Arn("dynamodb", "table/"+p.Lock.Table)}}}
	if p.Lock.KeyARN != "" {
		// DynamoDB uses the key on the caller's behalf, and only then may it be used.
		via := strings.Join([]string{"dynamodb", p.place.Region, "amazonaws.com"}, ".")
		statements = append(statements, policy.Statement{
			Actions: []string{"kms:Decrypt", "kms:DescribeKey"}, Resources: []string{p.Lock.KeyARN},
			Conditions: map[string]any{"StringLike": map[string]any{"kms:ViaService": via + "*"}},
		})
	}
	return statements
}
