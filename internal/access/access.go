// Package access reads from synthesized stacks who may see what in a data lake: each grant of
// Lake Formation, the administrators, what bears which LF-tag, and the links to other
// accounts' data. It needs no account and no network.
package access

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind is what a row is about.
type Kind string

// The kinds of rows, in the order in which they are shown.
const (
	Administrator Kind = "administrator" // may grant everything
	Open          Kind = "open"          // everybody whom IAM lets, without Lake Formation
	Granted       Kind = "grant"
	Tagged        Kind = "tag"  // a resource bears an LF-tag
	Linked        Kind = "link" // a database stands for one of another account
)

var order = []Kind{Administrator, Open, Granted, Tagged, Linked}

// A Row is one thing that one principal may do on one resource.
type Row struct {
	Kind      Kind   `json:"kind"`
	Account   string `json:"account"`   // whose Lake Formation
	Principal string `json:"principal"` // an ARN, an account, or ${STACK.LOGICAL-ID} as far as a role has no name yet
	Database  string `json:"database"`  // ACCOUNT/NAME if another account owns it
	Table     string `json:"table"`     // "*" is all of them
	Columns   string `json:"columns"`   // "a, b" or "all but c"; empty is all
	Rows      string `json:"rows"`      // a filter; empty is all
	Where     string `json:"where"`     // a location, an LF-tag or an expression of them, the target of a link
	Action    string `json:"action"`
	Option    bool   `json:"grantable"` // may grant it to others
	Reaches   string `json:"reaches"`   // of an expression of LF-tags: what bears them in these stacks

	Stack     string `json:"stack"`
	LogicalID string `json:"logicalId"`
}

// A List is all that the stacks say.
type List struct {
	Rows    []Row
	Stacks  int    // those that hold a grant
	Depth   int    // the longest chain of changes that a deployment makes one after the other
	Deepest string // the stack that has it
}

// Of reads the stacks.
func Of(stacks []Stack) List {
	r := reader{resolver: resolver{stacks}, filters: map[string]Resource{}}
	for _, s := range stacks {
		for _, resource := range s.Template.Resources {
			if resource.Type == "AWS::LakeFormation::DataCellsFilter" {
				r.filters[r.filterKey(s, resource.Properties)] = resource
			}
		}
	}
	list := List{}
	for _, s := range stacks {
		before := len(r.rows)
		for _, id := range slices.Sorted(maps.Keys(s.Template.Resources)) {
			r.read(s, id, s.Template.Resources[id])
		}
		if slices.ContainsFunc(r.rows[before:], func(row Row) bool { return row.Kind == Granted }) {
			list.Stacks++
		}
		if d := depth(s.Template); d > list.Depth {
			list.Depth, list.Deepest = d, s.Name
		}
	}
	r.reach()
	slices.SortFunc(r.rows, compare)
	list.Rows = r.rows
	return list
}

func compare(a, b Row) int {
	return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Principal, b.Principal),
		cmp.Compare(a.Database, b.Database), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Columns, b.Columns), cmp.Compare(a.Rows, b.Rows),
		cmp.Compare(a.Where, b.Where), cmp.Compare(a.Action, b.Action), cmp.Compare(a.LogicalID, b.LogicalID))
}

// A reader collects rows.
type reader struct {
	resolver
	filters map[string]Resource
	rows    []Row
}

func (r *reader) read(s Stack, id string, resource Resource) {
	p := resource.Properties
	row := Row{Account: s.pseudo()["AWS::AccountId"], Stack: s.Name, LogicalID: id}
	switch resource.Type {
	case "AWS::LakeFormation::PrincipalPermissions":
		row.Principal = r.text(s, object(p["Principal"])["DataLakePrincipalIdentifier"])
		r.grant(s, row, p, object(p["Resource"]))
	case "AWS::LakeFormation::Permissions":
		row.Principal = r.text(s, object(p["DataLakePrincipal"])["DataLakePrincipalIdentifier"])
		r.grant(s, row, p, renamed(object(p["Resource"])))
	case "AWS::LakeFormation::TagAssociation":
		row.Kind = Tagged
		r.locate(s, &row, object(p["Resource"]))
		for _, tag := range list(p["LFTags"]) {
			row.Where = r.tag(s, tag)
			r.rows = append(r.rows, row)
		}
	case "AWS::Glue::Database":
		if target := object(object(p["DatabaseInput"])["TargetDatabase"]); target != nil {
			row.Kind, row.Database = Linked, r.text(s, object(p["DatabaseInput"])["Name"])
			row.Where = r.text(s, target["CatalogId"]) + "/" + r.text(s, target["DatabaseName"])
			r.rows = append(r.rows, row)
		}
	case "AWS::Glue::Table":
		if target := object(object(p["TableInput"])["TargetTable"]); target != nil {
			row.Kind, row.Database, row.Table = Linked, r.text(s, p["DatabaseName"]), r.text(s, object(p["TableInput"])["Name"])
			row.Where = r.text(s, target["CatalogId"]) + "/" + r.text(s, target["DatabaseName"]) + "." + r.text(s, target["Name"])
			r.rows = append(r.rows, row)
		}
	case "Custom::LakekeelDataLakeSettings":
		r.admins(s, row, list(p["Admins"]))
		if p["Defaults"] == "keep" {
			row.Kind, row.Principal, row.Action, row.Where = Open, "IAM_ALLOWED_PRINCIPALS", "ALL", "new databases and tables"
			r.rows = append(r.rows, row)
		}
	case "AWS::LakeFormation::DataLakeSettings":
		var admins []any
		for _, admin := range list(p["Admins"]) {
			admins = append(admins, object(admin)["DataLakePrincipalIdentifier"])
		}
		r.admins(s, row, admins)
	}
}

func (r *reader) admins(s Stack, row Row, admins []any) {
	row.Kind, row.Action = Administrator, "everything"
	for _, admin := range admins {
		row.Principal = r.text(s, admin)
		r.rows = append(r.rows, row)
	}
}

// grant adds a row for each action.
func (r *reader) grant(s Stack, row Row, p, resource map[string]any) {
	row.Kind = Granted
	r.locate(s, &row, resource)
	options := list(p["PermissionsWithGrantOption"])
	for _, action := range list(p["Permissions"]) {
		row.Action, row.Option = r.text(s, action), slices.Contains(options, action)
		r.rows = append(r.rows, row)
	}
}

// locate says what a resource is, in Lake Formation's own shape.
func (r *reader) locate(s Stack, row *Row, resource map[string]any) {
	for kind, value := range resource {
		of := object(value)
		switch kind {
		case "Catalog":
			row.Where = "the catalog"
		case "Database":
			row.Database = r.owned(s, of["CatalogId"], of["Name"])
		case "Table":
			row.Database, row.Table = r.owned(s, of["CatalogId"], of["DatabaseName"]), cmp.Or(r.text(s, of["Name"]), "*")
		case "TableWithColumns":
			row.Database, row.Table = r.owned(s, of["CatalogId"], of["DatabaseName"]), r.text(s, of["Name"])
			row.Columns = r.columns(s, of)
		case "DataCellsFilter":
			row.Database, row.Table = r.owned(s, of["TableCatalogId"], of["DatabaseName"]), r.text(s, of["TableName"])
			row.Rows = "filter " + r.text(s, of["Name"])
			if filter, ok := r.filters[r.filterKey(s, of)]; ok {
				row.Columns = r.columns(s, filter.Properties)
				row.Rows = r.text(s, object(filter.Properties["RowFilter"])["FilterExpression"])
			}
		case "DataLocation":
			row.Where = r.text(s, of["ResourceArn"])
		case "LFTag":
			row.Where = "LF-tag " + r.tag(s, of)
		case "LFTagPolicy":
			row.Where = strings.ToLower(r.text(s, of["ResourceType"])) + "s with " + r.expression(s, of["Expression"])
		}
	}
}

// owned is a database, with its owner if that is another account.
func (r *reader) owned(s Stack, catalog, name any) string {
	owner := r.text(s, catalog)
	if owner == "" || owner == s.pseudo()["AWS::AccountId"] {
		return r.text(s, name)
	}
	return owner + "/" + r.text(s, name)
}

func (r *reader) columns(s Stack, of map[string]any) string {
	if names := r.texts(s, of["ColumnNames"]); len(names) > 0 {
		return strings.Join(names, ", ")
	}
	if names := r.texts(s, object(of["ColumnWildcard"])["ExcludedColumnNames"]); len(names) > 0 {
		return "all but " + strings.Join(names, ", ")
	}
	return ""
}

func (r *reader) filterKey(s Stack, of map[string]any) string {
	var parts []string
	for _, member := range []string{"TableCatalogId", "DatabaseName", "TableName", "Name"} {
		parts = append(parts, r.text(s, of[member]))
	}
	return strings.Join(parts, "\x00")
}

func (r *reader) tag(s Stack, tag any) string {
	values := r.texts(s, object(tag)["TagValues"])
	key := r.text(s, object(tag)["TagKey"])
	if len(values) == 1 {
		return key + "=" + values[0]
	}
	return key + " in (" + strings.Join(values, ", ") + ")"
}

func (r *reader) expression(s Stack, expression any) string {
	var words []string
	for _, tag := range list(expression) {
		words = append(words, r.tag(s, tag))
	}
	slices.Sort(words)
	return strings.Join(words, " and ")
}

func (r *reader) texts(s Stack, values any) []string {
	var texts []string
	for _, value := range list(values) {
		texts = append(texts, r.text(s, value))
	}
	slices.Sort(texts)
	return texts
}

// reach says of grants by LF-tags which databases and tables of these stacks bear them. What
// is in a database bears its tags too; that is said as DATABASE.*.
func (r *reader) reach() {
	for i := range r.rows {
		row := &r.rows[i]
		of, expression, ok := strings.Cut(row.Where, " with ")
		if row.Kind != Granted || !ok || of != "tables" && of != "databases" {
			continue
		}
		var reached []string
		for _, name := range r.tagged(row.Account) {
			database := !strings.Contains(name, ".")
			if !r.bears(row.Account, name, expression) || of == "databases" && !database {
				continue
			}
			if database && of == "tables" {
				name += ".*"
			}
			reached = append(reached, name)
		}
		row.Reaches = strings.Join(reached, ", ")
	}
}

// tagged are the databases and tables of an account that bear a tag by themselves.
func (r *reader) tagged(account string) []string {
	var names []string
	for _, row := range r.rows {
		if row.Kind == Tagged && row.Account == account && row.Columns == "" {
			names = append(names, strings.TrimSuffix(row.Database+"."+row.Table, "."))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// bears says whether a database or table has, by itself or from its database, a value for
// every key of an expression.
func (r *reader) bears(account, name, expression string) bool {
	for _, want := range strings.Split(expression, " and ") {
		key, values := parseTag(want)
		own, inherited := "", ""
		for _, row := range r.rows {
			if row.Kind != Tagged || row.Account != account || row.Columns != "" {
				continue
			}
			k, v := parseTag(row.Where)
			if k != key {
				continue
			}
			if strings.TrimSuffix(row.Database+"."+row.Table, ".") == name {
				own = v[0]
			} else if row.Table == "" && strings.HasPrefix(name, row.Database+".") {
				inherited = v[0]
			}
		}
		if !slices.Contains(values, cmp.Or(own, inherited)) {
			return false
		}
	}
	return true
}

// parseTag takes "key=value" or "key in (a, b)" apart.
func parseTag(text string) (key string, values []string) {
	if key, list, ok := strings.Cut(text, " in ("); ok {
		return key, strings.Split(strings.TrimSuffix(list, ")"), ", ")
	}
	key, value, _ := strings.Cut(text, "=")
	return key, []string{value}
}

// renamed gives the resources of the older type the names of the API.
func renamed(resource map[string]any) map[string]any {
	out := map[string]any{}
	for kind, value := range resource {
		of := maps.Clone(object(value))
		if s3, ok := of["S3Resource"]; ok {
			of["ResourceArn"] = s3
		}
		out[strings.TrimSuffix(kind, "Resource")] = of
	}
	return out
}

// serial are the types that are made one after the other.
var serial = []string{
	"AWS::LakeFormation::DataCellsFilter", "AWS::LakeFormation::PrincipalPermissions", "AWS::LakeFormation::TagAssociation",
}

// depth is the longest chain of dependencies among the template's grants, filters and tags.
func depth(t Template) int {
	known := map[string]int{}
	var of func(id string) int
	of = func(id string) int {
		if d, ok := known[id]; ok {
			return d
		}
		resource := t.Resources[id]
		if !slices.Contains(serial, resource.Type) {
			return 0
		}
		longest := 0
		for _, before := range resource.DependsOn {
			longest = max(longest, of(before))
		}
		known[id] = longest + 1
		return longest + 1
	}
	longest := 0
	for id := range t.Resources {
		longest = max(longest, of(id))
	}
	return longest
}

// Summary says in a line what there is.
func (l List) Summary() string {
	principals := map[string]bool{}
	grants := 0
	for _, row := range l.Rows {
		if row.Kind == Granted {
			principals[row.Principal] = true
			grants++
		}
	}
	text := fmt.Sprintf("%d grants to %d principals in %d stacks", grants, len(principals), l.Stacks)
	if l.Depth > 0 {
		text += fmt.Sprintf("; at most %d changes one after the other, in %s", l.Depth, l.Deepest)
	}
	return text
}

func object(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}

func list(value any) []any {
	l, _ := value.([]any)
	return l
}
