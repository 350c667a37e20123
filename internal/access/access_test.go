package access

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// stack is a stack of resources as JSON, in account 111111111111 of a region.
func stack(t *testing.T, name, region, resources string) Stack {
	t.Helper()
	template, err := Parse([]byte(`{"Resources": {` + resources + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	return Stack{Name: name, Account: "111111111111", Region: region, Template: template}
}

// grant is a grant of one action to a principal, both as JSON.
func grant(id, principal, resource, action, option string) string {
	return fmt.Sprintf(`%q: {"Type": "AWS::LakeFormation::PrincipalPermissions", "Properties": {"Principal": {"DataLakePrincipalIdentifier": %s},
		"Resource": %s, "Permissions": [%q], "PermissionsWithGrantOption": [%s]}}`, id, principal, resource, action, option)
}

const (
	own      = `"CatalogId": {"Ref": "AWS::AccountId"}`
	database = `{"Database": {` + own + `, "Name": "sales"}}`
	table    = `{"Table": {` + own + `, "DatabaseName": "sales", "Name": "orders"}}`
)

// said are the lines of what the stacks say, without the account.
func said(stacks ...Stack) []string {
	var texts []string
	for _, line := range Lines(Of(stacks).Rows) {
		texts = append(texts, strings.Join(line[1:], "|"))
	}
	return texts
}

func TestRowsSayWhatTheTemplatesSay(t *testing.T) {
	tests := map[string]struct {
		resources string
		want      []string
	}{
		"actions on one resource are one line": {
			grant("A", `"222222222222"`, table, "SELECT", `"SELECT"`) + "," + grant("B", `"222222222222"`, table, "DESCRIBE", `"DESCRIBE"`),
			[]string{"222222222222|sales|orders||||DESCRIBE, SELECT|yes"},
		},
		"the grant option makes another line": {
			grant("A", `"222222222222"`, table, "SELECT", ``) + "," + grant("B", `"222222222222"`, table, "DESCRIBE", `"DESCRIBE"`),
			[]string{"222222222222|sales|orders||||DESCRIBE|yes", "222222222222|sales|orders||||SELECT|no"},
		},
		"all tables": {grant("A", `"x"`, `{"Table": {`+own+`, "DatabaseName": "sales", "TableWildcard": {}}}`, "SELECT", ``), []string{"x|sales|*||||SELECT|no"}},
		"columns": {grant("A", `"x"`, `{"TableWithColumns": {`+own+`, "DatabaseName": "sales", "Name": "orders", "ColumnNames": ["b", "a"]}}`, "SELECT", ``),
			[]string{"x|sales|orders|a, b|||SELECT|no"}},
		"columns left out": {grant("A", `"x"`, `{"TableWithColumns": {`+own+`, "DatabaseName": "sales", "Name": "orders", "ColumnWildcard": {"ExcludedColumnNames": ["b"]}}}`, "SELECT", ``),
			[]string{"x|sales|orders|all but b|||SELECT|no"}},
		"rows, by the filter that stands in a template": {
			grant("A", `"x"`, `{"DataCellsFilter": {"TableCatalogId": {"Ref": "AWS::AccountId"}, "DatabaseName": "sales", "TableName": "orders", "Name": "f"}}`, "SELECT", ``) +
				`, "F": {"Type": "AWS::LakeFormation::DataCellsFilter", "Properties": {"TableCatalogId": {"Ref": "AWS::AccountId"}, "DatabaseName": "sales", "TableName": "orders",
				"Name": "f", "RowFilter": {"FilterExpression": "id = 1"}, "ColumnWildcard": {"ExcludedColumnNames": ["b"]}}}`,
			[]string{"x|sales|orders|all but b|id = 1||SELECT|no"},
		},
		"rows, by a filter that is elsewhere": {
			grant("A", `"x"`, `{"DataCellsFilter": {"TableCatalogId": "222222222222", "DatabaseName": "sales", "TableName": "orders", "Name": "f"}}`, "SELECT", ``),
			[]string{"x|222222222222/sales|orders||filter f||SELECT|no"},
		},
		"the catalog":  {grant("A", `"x"`, `{"Catalog": {}}`, "CREATE_DATABASE", ``), []string{"x|||||the catalog|CREATE_DATABASE|no"}},
		"a location":   {grant("A", `"x"`, `{"DataLocation": {"ResourceArn": "arn:aws:s3:::raw"}}`, "DATA_LOCATION_ACCESS", ``), []string{"x|||||arn:aws:s3:::raw|DATA_LOCATION_ACCESS|no"}},
		"an LF-tag":    {grant("A", `"x"`, `{"LFTag": {"TagKey": "zone", "TagValues": ["b", "a"]}}`, "ASSOCIATE", ``), []string{"x|||||LF-tag zone in (a, b)|ASSOCIATE|no"}},
		"a named role": {`"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "analyst", "Path": "/people/"}},` + grant("A", `{"Fn::GetAtt": ["R", "Arn"]}`, database, "DESCRIBE", ``), []string{"arn:aws:iam::111111111111:role/people/analyst|sales|||||DESCRIBE|no"}},
		"a role that gets its name later": {`"R": {"Type": "AWS::IAM::Role"},` + grant("A", `{"Fn::GetAtt": ["R", "Arn"]}`, database, "DESCRIBE", ``),
			[]string{"arn:aws:iam::111111111111:role/${S.R}|sales|||||DESCRIBE|no"}},
		"a role of Identity Center": {`"R": {"Type": "Custom::LakekeelReservedRole", "Properties": {"PermissionSet": "Analysts"}},` + grant("A", `{"Fn::GetAtt": ["R", "Arn"]}`, database, "DESCRIBE", ``),
			[]string{"permission set Analysts in account 111111111111|sales|||||DESCRIBE|no"}},
		"an ARN by Fn::Sub": {grant("A", `{"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:user/x"}`, database, "DESCRIBE", ``), []string{"arn:aws:iam::111111111111:user/x|sales|||||DESCRIBE|no"}},
		"the older type": {`"A": {"Type": "AWS::LakeFormation::Permissions", "Properties": {"DataLakePrincipal": {"DataLakePrincipalIdentifier": "x"},
			"Resource": {"DataLocationResource": {"S3Resource": "arn:aws:s3:::raw"}}, "Permissions": ["DATA_LOCATION_ACCESS"]}}`, []string{"x|||||arn:aws:s3:::raw|DATA_LOCATION_ACCESS|no"}},
		"administrators, and what is still open": {`"A": {"Type": "Custom::LakekeelDataLakeSettings", "Properties": {"Admins": ["arn:a", "arn:b"], "Defaults": "keep"}}`,
			[]string{"arn:a||||||everything|", "arn:b||||||everything|", "IAM_ALLOWED_PRINCIPALS|||||new databases and tables|ALL|"}},
		"administrators by CloudFormation's type": {`"A": {"Type": "AWS::LakeFormation::DataLakeSettings", "Properties": {"Admins": [{"DataLakePrincipalIdentifier": "arn:a"}]}}`, []string{"arn:a||||||everything|"}},
		"links": {`"L": {"Type": "AWS::Glue::Database", "Properties": {"DatabaseInput": {"Name": "theirs", "TargetDatabase": {"CatalogId": "222222222222", "DatabaseName": "sales"}}}},
			"M": {"Type": "AWS::Glue::Table", "Properties": {"DatabaseName": "sales", "TableInput": {"Name": "t", "TargetTable": {"CatalogId": "222222222222", "DatabaseName": "s", "Name": "t"}}}},
			"N": {"Type": "AWS::Glue::Database", "Properties": {"DatabaseInput": {"Name": "plain"}}}`,
			[]string{"|sales|t|||222222222222/s.t|is a link|", "|theirs||||222222222222/sales|is a link|"}},
		"what tags reach": {
			grant("A", `"x"`, `{"LFTagPolicy": {"ResourceType": "TABLE", "Expression": [{"TagKey": "zone", "TagValues": ["public"]}]}}`, "SELECT", ``) +
				`,"T": {"Type": "AWS::LakeFormation::TagAssociation", "Properties": {"Resource": ` + database + `, "LFTags": [{"TagKey": "zone", "TagValues": ["public"]}]}},
				"U": {"Type": "AWS::LakeFormation::TagAssociation", "Properties": {"Resource": ` + table + `, "LFTags": [{"TagKey": "zone", "TagValues": ["secret"]}]}}`,
			[]string{"x|||||tables with zone=public (sales.*)|SELECT|no", "|sales||||zone=public|bears the LF-tag|", "|sales|orders|||zone=secret|bears the LF-tag|"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := said(stack(t, "S", "eu-west-1", test.resources)); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestNamesCrossStacksAndPartitions(t *testing.T) {
	roles := stack(t, "Roles", "cn-north-1", `"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "analyst"}}`)
	if err := json.Unmarshal([]byte(`{"O": {"Value": {"Fn::GetAtt": ["R", "Arn"]}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-analyst"}}}}`), &roles.Template.Outputs); err != nil {
		t.Fatal(err)
	}
	for _, principal := range []string{`{"Fn::GetStackOutput": {"StackName": "Roles", "OutputName": "O"}}`, `{"Fn::ImportValue": "Roles-analyst"}`} {
		got := said(roles, stack(t, "S", "cn-north-1", grant("A", principal, database, "DESCRIBE", ``)))
		if want := "arn:aws-cn:iam::111111111111:role/analyst|sales|||||DESCRIBE|no"; len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q; want %s", principal, got, want)
		}
	}
}

func TestDepthIsTheLongestChain(t *testing.T) {
	chained := strings.Replace(grant("B", `"x"`, table, "DESCRIBE", ``), `"Type"`, `"DependsOn": ["A", "Settings"], "Type"`, 1)
	list := Of([]Stack{stack(t, "S", "eu-west-1", grant("A", `"x"`, table, "SELECT", ``)+","+chained+","+grant("C", `"x"`, database, "DESCRIBE", ``))})
	if want := "3 grants to 1 principals in 1 stacks; at most 2 changes one after the other, in S"; list.Summary() != want {
		t.Errorf("got %s", list.Summary())
	}
}

func TestCompare(t *testing.T) {
	one := func(id, resource, action, option string) List {
		return Of([]Stack{stack(t, "S", "eu-west-1", grant(id, `"x"`, resource, action, option))})
	}
	columns := func(names string) string {
		return `{"TableWithColumns": {` + own + `, "DatabaseName": "sales", "Name": "orders", "ColumnNames": [` + names + `]}}`
	}
	tests := map[string]struct {
		before, after List
		want          string
		wider         bool
	}{
		"nothing":         {one("A", table, "SELECT", ``), one("A", table, "SELECT", ``), "nobody may see or do more, or less, than before\n", false},
		"a new grant":     {List{}, one("A", table, "SELECT", ``), "+ account 111111111111: x SELECT sales.orders\n1 newly allowed, 0 taken away\n", true},
		"one taken away":  {one("A", table, "SELECT", ``), List{}, "- account 111111111111: x SELECT sales.orders\n0 newly allowed, 1 taken away\n", false},
		"another action":  {one("A", table, "SELECT", ``), one("B", table, "INSERT", ``), "+ account 111111111111: x INSERT sales.orders\n- account 111111111111: x SELECT sales.orders\n1 newly allowed, 1 taken away\n", true},
		"another catalog": {one("A", database, "DESCRIBE", ``), one("A", `{"Database": {"CatalogId": "222222222222", "Name": "sales"}}`, "DESCRIBE", ``), "+ account 111111111111: x DESCRIBE 222222222222/sales\n- account 111111111111: x DESCRIBE sales\n1 newly allowed, 1 taken away\n", true},
		"more columns, of which some would be lost": {one("A", columns(`"a"`), "SELECT", ``), one("B", columns(`"a", "b"`), "SELECT", ``),
			"+ account 111111111111: x SELECT sales.orders (a, b)\n- account 111111111111: x SELECT sales.orders (a)\n! account 111111111111: x SELECT sales.orders (a, b)\n1 newly allowed, 1 taken away\n" + lost, true},
		"the grant option, with which the grant would be lost": {one("A", table, "SELECT", ``), one("B", table, "SELECT", `"SELECT"`),
			"+ account 111111111111: x SELECT sales.orders, and may grant it to others\n- account 111111111111: x SELECT sales.orders\n! account 111111111111: x SELECT sales.orders, and may grant it to others\n1 newly allowed, 1 taken away\n" + lost, true},
		"the same under another id": {one("A", table, "SELECT", ``), one("B", table, "SELECT", ``), "! account 111111111111: x SELECT sales.orders\n0 newly allowed, 0 taken away\n" + lost, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := Compare(test.before, test.after)
			var out bytes.Buffer
			d.Print(&out)
			if out.String() != test.want || d.Wider() != test.wider {
				t.Errorf("wider is %v; got\n%s\nwant\n%s", d.Wider(), out.String(), test.want)
			}
		})
	}
}

const lost = `! would be lost: CloudFormation gives what is new before it takes back what is old, and Lake Formation
  takes back what both have in common; deploy once without the grant, and then with it
`

func TestHTMLNeedsNothingFromElsewhereAndEscapes(t *testing.T) {
	var out bytes.Buffer
	list := Of([]Stack{stack(t, "S", "eu-west-1", grant("A", `"<script>alert(1)</script>"`, table, "SELECT", ``))})
	if err := list.HTML(&out); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	if strings.Contains(page, "<script>alert") || !strings.Contains(page, "&lt;script&gt;alert(1)") {
		t.Error("a principal's name is not escaped")
	}
	for _, foreign := range []string{"http://", "https://", "src=", "@import", "url("} {
		if strings.Contains(page, foreign) {
			t.Errorf("the page holds %q", foreign)
		}
	}
}

func TestLoadReadsNestedAssemblies(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("manifest.json", `{"artifacts": {"inner": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "inner"}}, "tree": {"type": "cdk:tree"}}}`)
	write("inner/manifest.json", `{"artifacts": {"X": {"type": "aws:cloudformation:stack", "environment": "aws://111111111111/cn-north-1",
		"properties": {"stackName": "Prod-X", "templateFile": "x.json", "assumeRoleArn": "arn:${AWS::Partition}:iam::111111111111:role/deploy"}}}}`)
	write("inner/x.json", `{"Resources": {"A": {"Type": "T", "DependsOn": "B"}}}`)
	stacks, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(stacks) != 1 || stacks[0].Name != "Prod-X" || stacks[0].Role != "arn:aws-cn:iam::111111111111:role/deploy" || stacks[0].Template.Resources["A"].DependsOn[0] != "B" {
		t.Errorf("got %+v", stacks)
	}
	if _, err := Load(t.TempDir()); err == nil || !strings.Contains(err.Error(), "write one with: cdk synth") {
		t.Errorf("got %v", err)
	}
}
