package tableformat

import "strings"

// Statement allows actions on resources. It is a plain value that any engine's
// construct turns into a policy; [Statement.JSON] is the policy language's form.
type Statement struct {
	Sid        string
	Actions    []string
	Resources  []string
	Conditions map[string]any // by operator; may be nil

	// Wildcard says why a resource holds a "*"; empty if none does.
	Wildcard string
}

// JSON is the statement in the policy language.
func (s Statement) JSON() map[string]any {
	m := map[string]any{"Sid": s.Sid, "Effect": "Allow", "Action": s.Actions, "Resource": s.Resources}
	if len(s.Conditions) > 0 {
		m["Condition"] = s.Conditions
	}
	return m
}

func (p Props) statements() []Statement {
	statements := append(p.files(), p.catalog()...)
	if p.locked() {
		statements = append(statements, p.lock()...)
	}
	if p.DataKeyARN != "" {
		actions := []string{"kms:Decrypt"}
		if p.Access == ReadWrite || p.recovers() {
			actions = append(actions, "kms:GenerateDataKey")
		}
		statements = append(statements, Statement{Sid: "TableDataKey", Actions: actions, Resources: []string{p.DataKeyARN}})
	}
	return statements
}

// recovers tells whether even a reader writes: Delta's log store lets it finish the
// commit of a writer that died.
func (p Props) recovers() bool { return p.Format == Delta && p.locked() }

// files are the rights on the warehouse's objects, its listing, and nothing beside it.
func (p Props) files() []Statement {
	bucket, prefix, _ := splitS3(p.Warehouse)
	const reason = "the names of a table's files are not known before they are there"
	actions := []string{"s3:GetObject"}
	if p.Access == ReadWrite {
		actions = append(actions, "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
	}
	statements := []Statement{
		{Sid: "TableFiles", Actions: actions, Resources: []string{p.Place.s3(bucket + "/" + prefix + "/*")}, Wildcard: reason},
		{
			Sid: "TableListing", Actions: []string{"s3:ListBucket"}, Resources: []string{p.Place.s3(bucket)},
			Conditions: map[string]any{"StringLike": map[string]any{"s3:prefix": []string{prefix, prefix + "/*"}}},
		},
	}
	if p.Access == ReadOnly && p.recovers() {
		statements = append(statements, Statement{
			Sid: "TableRecovery", Actions: []string{"s3:PutObject"},
			Resources: []string{p.Place.s3(bucket + "/" + prefix + "/*/_delta_log/*")}, Wildcard: reason,
		})
	}
	return statements
}

// catalog are the rights on the databases and their tables; Glue asks for the catalog itself as well.
// Nothing here deletes a table.
func (p Props) catalog() []Statement {
	read := []string{
		"glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables", "glue:GetTableVersion", "glue:GetTableVersions",
		"glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition",
	}
	write := []string{"glue:CreateTable", "glue:UpdateTable", "glue:BatchCreatePartition"}
	if p.Format == Hudi { // whose sync follows partitions that moved or went
		write = append(write, "glue:BatchUpdatePartition", "glue:UpdatePartition", "glue:BatchDeletePartition", "glue:DeletePartition")
	}
	resources := []string{p.Place.arn("glue", "catalog")}
	for _, database := range p.Databases {
		resources = append(resources, p.Place.arn("glue", "database/"+database), p.Place.arn("glue", "table/"+database+"/*"))
	}
	const reason = "the tables of the job's own databases; Glue has no narrower name for those yet to be made"
	statements := []Statement{{Sid: "CatalogRead", Actions: read, Resources: resources, Wildcard: reason}}
	if p.Access == ReadWrite {
		statements = append(statements, Statement{Sid: "CatalogWrite", Actions: write, Resources: resources, Wildcard: reason})
	}
	return statements
}

// lock are the rights on the lock table: what each format's client calls, seen in its code.
// None may create the table, so that a name misspelt is an error and not a second lock.
func (p Props) lock() []Statement {
	actions := []string{"dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
	switch {
	case p.Format == Delta:
		actions = []string{"dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}
	case p.Access == ReadOnly:
		return nil // Hudi's and Iceberg's readers take no lock
	}
	statements := []Statement{{Sid: "Lock", Actions: actions, Resources: []string{p.Place.arn("dynamodb", "table/"+p.Lock.Table)}}}
	if p.Lock.KeyARN != "" {
		// DynamoDB uses the key on the caller's behalf, and only then may it be used.
		via := strings.Join([]string{"dynamodb", p.Place.Region, "amazonaws.com"}, ".")
		statements = append(statements, Statement{
			Sid: "LockKey", Actions: []string{"kms:Decrypt", "kms:DescribeKey"}, Resources: []string{p.Lock.KeyARN},
			Conditions: map[string]any{"StringLike": map[string]any{"kms:ViaService": via + "*"}},
		})
	}
	return statements
}
