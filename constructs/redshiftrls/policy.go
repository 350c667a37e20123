package redshiftrls

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/lakekeel/lakekeel/internal/check"
)

// A Policy says which rows of a table its grantees see: CREATE RLS POLICY
// (https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_RLS_POLICY.html).
type Policy struct {
	Name string // 1 to 127 bytes, lower case, one of a kind in the database

	// Columns are those of the table that Using speaks of. None: it speaks of
	// none, only of the user or of lookup tables.
	Columns []Column

	// Alias is the table's name in Using; zero is none. All policies on one
	// table must have the same.
	Alias string

	// Using is the predicate: what could stand in a WHERE clause, e.g.
	// "region = 'EMEA'" or "t.owner = current_user".
	Using string

	// Lookups are the tables besides that Using reads, each as schema.table. They
	// must have no row-level security themselves.
	Lookups []string
}

// A Column is a column of the tables that a policy is attached to.
type Column struct {
	Name string // lower case
	Type string // of Redshift, e.g. "varchar(10)", "integer", "numeric(12,2)"
}

// A Table is protected: whoever reads it sees the rows that the policies attached for
// him let through, and none if there is no policy for him.
type Table struct {
	Name        string // schema.table
	Conjunction Conjunction
	Attach      []Attachment // at least one

	// OpenOnRemoval turns row-level security off when the table is taken out of the
	// template. By default it stays on with no policy attached, so that a stack that
	// goes leaves a table that nobody but superusers can read, never one open to all.
	OpenOnRemoval bool
}

// A Conjunction says how several policies for one user are combined.
type Conjunction string

// The conjunctions that Redshift has.
const (
	And Conjunction = ""   // rows that every policy lets through; the default, as in Redshift
	Or  Conjunction = "or" // rows that any policy lets through
)

// An Attachment puts a policy in force for users and roles.
type Attachment struct {
	Policy string // its Name
	To     []Grantee
}

// A Grantee is whom a policy is attached to; see [Role], [User] and [Public].
type Grantee struct{ kind, name string }

// Role is a role of the database.
func Role(name string) Grantee { return Grantee{"role", name} }

// User is a user of the database.
func User(name string) Grantee { return Grantee{"user", name} }

// Public is every user who is no superuser and has not the role sys:secadmin.
func Public() Grantee { return Grantee{kind: "public"} }

func (g Grantee) String() string { return strings.TrimSpace(g.kind + " " + g.name) }

// columnType are the types of https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html
// with their aliases, sizes in brackets.
var columnType = regexp.MustCompile(`^(?i:smallint|int2|integer|int|int4|bigint|int8|real|float4|double precision|float|float8|` +
	`boolean|bool|date|super|geometry|geography|hllsketch|varbyte(\(\d+\))?|` +
	`(decimal|numeric)(\(\d+( *, *\d+)?\))?|(char|character|nchar|bpchar|varchar|character varying|nvarchar|text)(\((\d+|max)\))?|` +
	`(time|timestamp)( without time zone| with time zone)?|timetz|timestamptz|interval (year to month|day to second))$`)

// nameBytes is how long a name may be: https://docs.aws.amazon.com/redshift/latest/dg/r_names.html
const nameBytes = 127

const wantName = "1 to 127 bytes in lower case, as Redshift keeps names"

func isName(s string) bool {
	return s != "" && len(s) <= nameBytes && s == strings.ToLower(s) && !strings.ContainsRune(s, 0)
}

const wantTable = "schema.table in lower case"

// table takes schema.table apart; neither part may hold a dot.
func table(s string) (schema, name string, ok bool) {
	schema, name, ok = strings.Cut(s, ".")
	return schema, name, ok && isName(schema) && isName(name) && !strings.Contains(name, ".")
}

func (p Policy) validate(faults *check.Faults, at string) {
	faults.Want(isName(p.Name), at+".Name", p.Name, wantName)
	faults.Want(p.Alias == "" || isName(p.Alias), at+".Alias", p.Alias, wantName)
	faults.Want(p.Alias == "" || len(p.Columns) > 0, at+".Alias", p.Alias, "none without Columns: the alias belongs to their clause")
	columns := map[string]bool{}
	for i, column := range p.Columns {
		here := fmt.Sprintf("%s.Columns[%d]", at, i)
		faults.Want(isName(column.Name), here+".Name", column.Name, wantName)
		faults.Want(!columns[column.Name], here+".Name", column.Name, "a column that is not named before")
		faults.Want(columnType.MatchString(column.Type), here+".Type", column.Type, `a type of Redshift, e.g. "varchar(10)"`)
		columns[column.Name] = true
	}
	if fault := predicateFault(p.Using); fault != "" {
		faults.Want(false, at+".Using", p.Using, fault)
	}
	seen := map[string]bool{}
	for i, lookup := range p.Lookups {
		here := fmt.Sprintf("%s.Lookups[%d]", at, i)
		_, _, ok := table(lookup)
		faults.Want(ok, here, lookup, wantTable)
		faults.Want(!seen[lookup], here, lookup, "a table that is not named before")
		seen[lookup] = true
	}
}
