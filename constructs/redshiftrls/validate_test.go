package redshiftrls

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

// good are props that are accepted.
func good() Props {
	return Props{
		Cluster: "analytics", Database: "dev",
		Policies: []Policy{
			{Name: "emea", Columns: []Column{{"region", "varchar(10)"}}, Alias: "t", Using: "t.region = 'EMEA'"},
			{Name: "own", Columns: []Column{{"owner", "text"}}, Alias: "t", Using: "t.owner = current_user or exists (select 1 from ref.team m where m.lead = current_user)", Lookups: []string{"ref.team"}},
		},
		Tables: []Table{{Name: "sales.orders", Attach: []Attachment{
			{Policy: "emea", To: []Grantee{Role("analyst"), User("alice")}},
			{Policy: "own", To: []Grantee{Public()}},
		}}},
	}
}

func TestPropsValidate(t *testing.T) {
	const root = "redshiftrls.Props."
	long := strings.Repeat("a", 128)
	tests := []struct {
		name   string
		change func(p *Props)
		want   string // without the root
	}{
		{"good", func(p *Props) {}, ""},
		{"serverless", func(p *Props) {
			p.Cluster, p.Workgroup, p.WorkgroupArn = "", "analytics", "arn:aws-cn:redshift-serverless:cn-north-1:123456789012:workgroup/8c0e2f3a-0000-4b0e-9d67-000000000000"
		}, ""},
		{"names that need quotes", func(p *Props) {
			p.Tables[0].Attach[0].To = []Grantee{User(`o'hara"; drop table x; --`)}
		}, ""},
		{"a quoted bracket", func(p *Props) { p.Policies[0].Using = `t.region <> ')' and t.region <> 'it''s; --'` }, ""},
		{"neither target", func(p *Props) { p.Cluster = "" }, `Cluster is ""; want a cluster's identifier, or Workgroup, and not both`},
		{"both targets", func(p *Props) {
			p.Workgroup, p.WorkgroupArn = "analytics", "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/8c0e"
		}, `Cluster is "analytics"; want a cluster's identifier, or Workgroup, and not both`},
		{"cluster with a dot", func(p *Props) { p.Cluster = "a.b" }, `Cluster is "a.b"; want 1 to 63 lower-case letters, digits and single hyphens`},
		{"workgroup without ARN", func(p *Props) { p.Cluster, p.Workgroup = "", "analytics" }, `WorkgroupArn is ""; want the ARN of the workgroup`},
		{"ARN without workgroup", func(p *Props) { p.WorkgroupArn = "arn:x" }, `WorkgroupArn is "arn:x"; want nothing without Workgroup`},
		{"short workgroup", func(p *Props) {
			p.Cluster, p.Workgroup, p.WorkgroupArn = "", "ab", "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/8c0e"
		}, `Workgroup is "ab"; want 3 to 64 lower-case letters, digits and hyphens`},
		{"no database", func(p *Props) { p.Database = "" }, `Database is ""; want a name of 1 to 127 bytes`},
		{"no tables", func(p *Props) { p.Policies, p.Tables = nil, nil }, `Tables is "empty"; want at least one table`},
		{"no name", func(p *Props) { p.Policies[0].Name, p.Tables[0].Attach[0].Policy = "", "" }, `Policies[0].Name is ""; want 1 to 127 bytes in lower case, as Redshift keeps names`},
		{"long name", func(p *Props) { p.Policies[0].Name, p.Tables[0].Attach[0].Policy = long, long },
			`Policies[0].Name is "` + long + `"; want 1 to 127 bytes in lower case, as Redshift keeps names`},
		{"upper case", func(p *Props) { p.Policies[0].Columns[0].Name = "Region" }, `Policies[0].Columns[0].Name is "Region"; want 1 to 127 bytes in lower case, as Redshift keeps names`},
		{"policy twice", func(p *Props) {
			p.Policies[1].Name = "emea"
			p.Tables[0].Attach = p.Tables[0].Attach[:1]
		}, `Policies[1].Name is "emea"; want a name that no other policy has`},
		{"column twice", func(p *Props) { p.Policies[0].Columns = append(p.Policies[0].Columns, Column{"region", "date"}) },
			`Policies[0].Columns[1].Name is "region"; want a column that is not named before`},
		{"unknown type", func(p *Props) { p.Policies[0].Columns[0].Type = "string" }, `Policies[0].Columns[0].Type is "string"; want a type of Redshift, e.g. "varchar(10)"`},
		{"a type that is more", func(p *Props) { p.Policies[0].Columns[0].Type = "int) USING (true); --" },
			`Policies[0].Columns[0].Type is "int) USING (true); --"; want a type of Redshift, e.g. "varchar(10)"`},
		{"alias without columns", func(p *Props) { p.Policies[0].Columns, p.Policies[0].Using = nil, "true" }, `Policies[0].Alias is "t"; want none without Columns: the alias belongs to their clause`},
		{"no predicate", func(p *Props) { p.Policies[0].Using = " " }, `Policies[0].Using is " "; want a predicate, as in a WHERE clause`},
		{"two statements", func(p *Props) { p.Policies[0].Using = "true; drop table x" }, `Policies[0].Using is "true; drop table x"; want one expression, without a semicolon`},
		{"closed too early", func(p *Props) { p.Policies[0].Using = "true) or (true" }, `Policies[0].Using is "true) or (true"; want a predicate whose brackets match`},
		{"left open", func(p *Props) { p.Policies[0].Using = "(true" }, `Policies[0].Using is "(true"; want a predicate whose brackets match`},
		{"open string", func(p *Props) { p.Policies[0].Using = "t.region = 'EMEA" }, `Policies[0].Using is "t.region = 'EMEA"; want a predicate whose quotes are closed`},
		{"open string behind a backslash", func(p *Props) { p.Policies[0].Using = `t.region = 'a\'` }, `Policies[0].Using is "t.region = 'a\\'"; want a predicate whose quotes are closed`},
		{"comment", func(p *Props) { p.Policies[0].Using = "true -- all" }, `Policies[0].Using is "true -- all"; want a predicate without comments`},
		{"block comment", func(p *Props) { p.Policies[0].Using = "true /* all */" }, `Policies[0].Using is "true /* all */"; want a predicate without comments`},
		{"dollar quotes", func(p *Props) { p.Policies[0].Using = "t.region = $q$x)$q$" }, `Policies[0].Using is "t.region = $q$x)$q$"; want a predicate whose strings stand in single quotes`},
		{"lookup without schema", func(p *Props) { p.Policies[1].Lookups[0] = "team" }, `Policies[1].Lookups[0] is "team"; want schema.table in lower case`},
		{"lookup twice", func(p *Props) { p.Policies[1].Lookups = []string{"ref.team", "ref.team"} }, `Policies[1].Lookups[1] is "ref.team"; want a table that is not named before`},
		{"lookup of a protected table", func(p *Props) { p.Policies[1].Lookups[0] = "sales.orders" },
			`Policies[1].Lookups[0] is "sales.orders"; want a table without row-level security, but it is one of Tables`},
		{"table without schema", func(p *Props) { p.Tables[0].Name = "orders" }, `Tables[0].Name is "orders"; want schema.table in lower case`},
		{"table of another database", func(p *Props) { p.Tables[0].Name = "prod.sales.orders" }, `Tables[0].Name is "prod.sales.orders"; want schema.table in lower case`},
		{"table twice", func(p *Props) { p.Tables = append(p.Tables, p.Tables[0]) }, `Tables[1].Name is "sales.orders"; want a table that is not named before`},
		{"unknown conjunction", func(p *Props) { p.Tables[0].Conjunction = "xor" }, `Tables[0].Conjunction is "xor"; want And or Or`},
		{"misspelt policy", func(p *Props) {
			p.Tables[0].Attach = append(p.Tables[0].Attach, Attachment{"emeas", []Grantee{Public()}})
		},
			`Tables[0].Attach[2].Policy is "emeas"; want the Name of one of Policies; nearest is "emea"`},
		{"nobody", func(p *Props) { p.Tables[0].Attach[0].To = nil }, `Tables[0].Attach[0].To is "empty"; want at least one of Role(…), User(…) and Public()`},
		{"a grantee of no kind", func(p *Props) { p.Tables[0].Attach[0].To[0] = Grantee{} },
			`Tables[0].Attach[0].To[0] is ""; want Role(…) or User(…) with 1 to 127 bytes in lower case, as Redshift keeps names, or Public()`},
		{"a role without name", func(p *Props) { p.Tables[0].Attach[0].To[0] = Role("") },
			`Tables[0].Attach[0].To[0] is "role"; want Role(…) or User(…) with 1 to 127 bytes in lower case, as Redshift keeps names, or Public()`},
		{"a grantee twice", func(p *Props) { p.Tables[0].Attach[0].To[1] = Role("analyst") },
			`Tables[0].Attach[0].To[1] is "role analyst"; want one to whom emea is not attached before`},
		{"two aliases", func(p *Props) { p.Policies[0].Alias, p.Policies[0].Using = "o", "o.region = 'EMEA'" },
			`Tables[0].Attach is "emea, own"; want policies with one and the same Alias, as Redshift wants on one table`},
		{"a policy for nothing", func(p *Props) { p.Tables[0].Attach = p.Tables[0].Attach[:1] }, `Policies[1].Name is "own"; want a policy that is attached to a table`},
		{"a table open to nobody", func(p *Props) { p.Tables = append(p.Tables, Table{Name: "sales.lines"}) },
			`Tables[1].Attach is "empty"; want at least one policy; with none, nobody but superusers sees a row`},
		{"too much for a transaction", func(p *Props) {
			for i := range 19 {
				p.Tables = append(p.Tables, Table{Name: fmt.Sprintf("sales.t%d", i), Attach: p.Tables[0].Attach[:1]})
			}
		}, " is \"44 statements\"; want at most 40, which is what one transaction takes: put tables that share no policy into a construct of their own"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			p := good()
			c.change(&p)
			want := c.want
			if strings.HasPrefix(want, " ") {
				want = strings.TrimSuffix(root, ".") + want
			} else if want != "" {
				want = root + want
			}
			checktest.Message(t, p.Validate(), want)
		})
	}
}
