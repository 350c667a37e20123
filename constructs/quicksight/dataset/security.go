package dataset

import (
	"fmt"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// RowRules name a dataset whose rows say who sees which rows of this one: a column UserName,
// GroupName or both, and columns named as here with the values to be seen. See
// https://docs.aws.amazon.com/quicksight/latest/user/restrict-access-to-a-data-set-using-row-level-security.html.
type RowRules struct {
	Dataset   string // id of the dataset with the rules; if empty, everybody sees all rows
	Namespace string // of the users and groups in the rules; if empty, the default one

	// Groupings says that a rule may bind several columns of one group of users: the rules' second version.
	Groupings bool
}

// A TagRule lets an anonymous reader see the rows whose column has the value of a tag of the session.
type TagRule struct {
	Tag       string // the tag's key, 1 to 128 characters
	Column    string // a column of text
	Delimiter string // between several values in a tag, at most 10 characters; if empty, a tag is one value
	All       string // the tag's value for all rows, at most 256 characters; if empty, there is none
}

// A ColumnRule keeps columns from everybody but some.
type ColumnRule struct {
	Columns []string
	For     []string // who sees them, as "user/default/NAME" or "group/default/NAME"; at most 100
}

func (d Definition) checkSecurity(faults *check.Faults, columns []Column) {
	if d.Rows.Dataset != "" {
		checkID(faults, "Rows.Dataset", d.Rows.Dataset)
		faults.Want(d.Rows.Dataset != d.ID, "Rows.Dataset", d.Rows.Dataset, "another dataset")
	}
	faults.Want(!d.ForRules || d.Rows.Dataset == "", "ForRules", d.ForRules, "false, or no Rows: rules have no rules")
	faults.Want(len(d.Tags) <= 50, "Tags", len(d.Tags), "at most 50 rules")
	for i, rule := range d.Tags {
		at := fmt.Sprintf("Tags[%d]", i)
		faults.Want(rule.Tag != "" && len(rule.Tag) <= 128, at+".Tag", rule.Tag, "1 to 128 characters")
		faults.Want(len(rule.Delimiter) <= 10, at+".Delimiter", rule.Delimiter, "at most 10 characters")
		column, ok := WantColumn(faults, columns, at+".Column", rule.Column, "a column of the result")
		faults.Want(!ok || column.Type == String, at+".Column", rule.Column, "a column of text; cast it first")
	}
	for i, rule := range d.Hidden {
		at := fmt.Sprintf("Hidden[%d]", i)
		d.checkNames(faults, at+".Columns", rule.Columns, columns)
		faults.Want(len(rule.For) > 0 && len(rule.For) <= 100, at+".For", len(rule.For), "1 to 100 users and groups")
		for j, name := range rule.For {
			faults.Want(IsPrincipal(name), fmt.Sprintf("%s.For[%d]", at, j), name, `"user/NAMESPACE/NAME" or "group/NAMESPACE/NAME"`)
		}
	}
}

func (d Definition) rowRules(arn ARN) map[string]any {
	rules := map[string]any{}
	if d.Rows.Dataset != "" {
		version := "VERSION_1"
		if d.Rows.Groupings {
			version = "VERSION_2"
		}
		rules["RowLevelPermissionDataSet"] = jsontree.Object("Arn", arn("dataset/"+d.Rows.Dataset), "Namespace", d.Rows.Namespace,
			"PermissionPolicy", "GRANT_ACCESS", "FormatVersion", version, "Status", "ENABLED")
	}
	if len(d.Tags) > 0 {
		rules["TagConfiguration"] = map[string]any{"Status": "ENABLED", "TagRules": jsontree.List(d.Tags, func(_ int, t TagRule) any {
			return jsontree.Object("TagKey", t.Tag, "ColumnName", t.Column, "TagMultiValueDelimiter", t.Delimiter, "MatchAllValue", t.All)
		})}
	}
	return rules
}

func (d Definition) hidden(arn ARN) []any {
	return jsontree.List(d.Hidden, func(_ int, rule ColumnRule) any {
		principals := jsontree.List(rule.For, func(_ int, name string) any { return arn(name) })
		return map[string]any{"ColumnNames": jsontree.Plain(rule.Columns), "Principals": principals}
	})
}

// IsPrincipal says whether name is that of a user or group with its namespace, e.g.
// "group/default/analysts".
func IsPrincipal(name string) bool { return principalPattern.MatchString(name) }

func readSecurity(d *Definition, n, model jsontree.Node) {
	rules := model.At("RowLevelPermissionConfiguration", "RowLevelPermissionDataSet")
	tags := model.At("RowLevelPermissionConfiguration", "TagConfiguration", "TagRules")
	if old := n.At("RowLevelPermissionDataSet"); old.Is() {
		rules = old
	}
	if old := n.At("RowLevelPermissionTagConfiguration", "TagRules"); old.Is() {
		tags = old
	}
	if rules.Is() {
		d.Rows = RowRules{resource(rules.At("Arn").Text(), "dataset/"), rules.At("Namespace").Text(), rules.At("FormatVersion").Text() == "VERSION_2"}
	}
	for _, t := range tags.List() {
		d.Tags = append(d.Tags, TagRule{t.At("TagKey").Text(), t.At("ColumnName").Text(), t.At("TagMultiValueDelimiter").Text(), t.At("MatchAllValue").Text()})
	}
	for _, rule := range n.At("ColumnLevelPermissionRules").List() {
		hidden := ColumnRule{Columns: rule.At("ColumnNames").Texts()}
		for _, arn := range rule.At("Principals").Texts() {
			hidden.For = append(hidden.For, principalOf(arn))
		}
		d.Hidden = append(d.Hidden, hidden)
	}
}

// principalOf is "group/default/analysts" of an ARN that ends so.
func principalOf(arn string) string {
	if part := principalInARN.FindStringSubmatch(arn); part != nil {
		return part[1]
	}
	return arn
}
