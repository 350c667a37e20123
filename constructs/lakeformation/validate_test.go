package lakeformation

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

var (
	analyst = Principal{"analyst", "arn:aws:iam::123456789012:role/analyst"}
	steward = Principal{"steward", "arn:aws:iam::123456789012:user/people/steward"}
	sales   = Database{Name: "sales"}
	orders  = sales.Table("orders", "id", "country", "amount", "year")
	raw     = Location{Name: "raw", ARN: "arn:aws:s3:::raw/orders"}
	zone    = Tag{"zone", []string{"public", "secret"}}
)

// grants are props with these grants and the tag zone.
func grants(list ...Grant) GrantsProps {
	return GrantsProps{Tags: []Tag{zone}, Grants: list}
}

func where(filter string) GrantsProps { return grants(orders.Where(filter).Grant(analyst).Select()) }

func TestGrantsPropsRefusesWhatTheServiceWould(t *testing.T) {
	const (
		at     = "lakeformation.GrantsProps."
		filter = "; want a row filter such as country = 'Germany' AND year >= 2020; this is "
		rows   = at + "Grants[0].On.Where is "
		person = "; want the ARN of a role, user, organization or organizational unit, or an account's twelve digits"
		label  = `; want 1 to 64 letters, digits, "_" and "-"`
		object = `; want 1 to 255 characters without "*" and "/"`
		onBase = `; want "ALL", "ALTER", "CREATE_TABLE", "DESCRIBE" or "DROP" on a database`
	)
	tests := map[string]struct {
		props GrantsProps
		want  string // the whole message
	}{
		// actions
		"an action that a database does not have":       {grants(sales.Grant(analyst).Select()), at + `Grants[0].Actions[0] is "SELECT"` + onBase},
		"a misspelt action":                             {grants(sales.Grant(analyst).Allow("DESCRIBED")), at + `Grants[0].Actions[0] is "DESCRIBED"` + onBase + `; nearest is "DESCRIBE"`},
		"an action that a table does not have":          {grants(orders.Grant(analyst).Allow(CreateTable)), at + `Grants[0].Actions[0] is "CREATE_TABLE"; want "ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT" or "SELECT" on a table`},
		"an action that the catalog does not have":      {grants(Catalog{}.Grant(analyst).Describe()), at + `Grants[0].Actions[0] is "DESCRIBE"; want "CREATE_CATALOG", "CREATE_DATABASE" or "CREATE_LF_TAG" on the catalog`},
		"an action that a location does not have":       {grants(raw.Grant(analyst).Select()), at + `Grants[0].Actions[0] is "SELECT"; want "DATA_LOCATION_ACCESS" on a data location`},
		"an action that a tag does not have":            {grants(zone.Is("public").Grant(analyst).Select()), at + `Grants[0].Actions[0] is "SELECT"; want "ALTER", "ASSOCIATE", "DESCRIBE", "DROP" or "GRANT_WITH_LF_TAG_EXPRESSION" on an LF-tag`},
		"an action that tagged databases do not have":   {grants(DatabasesTagged(zone.Is("public")).Grant(analyst).Select()), at + `Grants[0].Actions[0] is "SELECT"; want "ALL", "ALTER", "CREATE_TABLE", "DESCRIBE" or "DROP" on tagged databases`},
		"an action that tagged tables do not have":      {grants(TablesTagged(zone.Is("public")).Grant(analyst).Allow(CreateTable)), at + `Grants[0].Actions[0] is "CREATE_TABLE"; want "ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT" or "SELECT" on tagged tables`},
		"an action that a link does not have":           {grants(Link{Name: "l", Target: Database{"s", "210987654321"}}.Grant(analyst).Select()), at + `Grants[0].Actions[0] is "SELECT"; want "DESCRIBE" or "DROP" on a resource link`},
		"columns and another action than select":        {grants(orders.Columns("id").Grant(analyst).Allow(Insert)), at + `Grants[0].Actions[0] is "INSERT"; want "SELECT" on columns of a table`},
		"rows and an action that changes":               {grants(orders.Where("id = 1").Grant(analyst).Allow(Delete)), at + `Grants[0].Actions[0] is "DELETE"; want "DESCRIBE", "DROP" or "SELECT" on rows of a table`},
		"no action":                                     {grants(sales.Grant(analyst).Allow()), at + `Grants[0].Actions is []; want at least one of "ALL", "ALTER", "CREATE_TABLE", "DESCRIBE" or "DROP" on a database`},
		"an action twice in one grant":                  {grants(sales.Grant(analyst).Allow(Describe, Describe)), at + `Grants[0].Actions[1] is "DESCRIBE"; want each action once`},
		"the grant option with columns left out":        {grants(orders.Except("id").Grant(analyst).Select().WithGrantOption()), at + "Grants[0].WithOption is true; want false, or the columns that are included: Lake Formation has no grant option with columns left out"},
		"a change beside a part of the table's columns": {grants(orders.Columns("id").Grant(analyst).Select(), orders.Grant(analyst).Allow(Insert)), at + `Grants[1].Actions is "INSERT"; want no such action for analyst, who sees only a part of sales.orders by Grants[0]`},
		"a change beside a part of the table's rows":    {grants(orders.Grant(analyst).Allow(Drop), orders.Where("id = 1").Grant(analyst).Select()), at + `Grants[0].Actions is "DROP"; want no such action for analyst, who sees only a part of sales.orders by Grants[1]`},

		// principals
		"a principal without a name":        {grants(sales.Grant(Principal{ID: analyst.ID}).Describe()), at + `Grants[0].To.Name is ""` + label},
		"a principal's name with a space":   {grants(sales.Grant(Principal{"the analyst", analyst.ID}).Describe()), at + `Grants[0].To.Name is "the analyst"` + label},
		"a role's name in place of its ARN": {grants(sales.Grant(Principal{"analyst", "analyst"}).Describe()), at + `Grants[0].To.ID is "analyst"` + person},
		"an account of eleven digits":       {grants(sales.Grant(Account("12345678901")).Describe()), at + `Grants[0].To.ID is "12345678901"` + person},
		"everybody whom IAM lets":           {grants(sales.Grant(Principal{"all", "IAM_ALLOWED_PRINCIPALS"}).Describe()), at + `Grants[0].To.ID is "IAM_ALLOWED_PRINCIPALS"` + person},
		"an organizational unit's id":       {grants(sales.Grant(Principal{"unit", "ou-abcd-12345678"}).Describe()), at + `Grants[0].To.ID is "ou-abcd-12345678"` + person},
		"two principals of one name": {grants(sales.Grant(analyst).Describe(), orders.Grant(Principal{"analyst", steward.ID}).Describe()),
			at + `Grants[1].To.ID is "` + steward.ID + `"; want "` + analyst.ID + `", which analyst is elsewhere`},
		"one principal by two names": {grants(sales.Grant(analyst).Describe(), orders.Grant(Principal{"analysts", analyst.ID}).Describe()),
			at + `Grants[1].To.Name is "analysts"; want "analyst", the name that ` + analyst.ID + " has elsewhere"},
		"the same grant twice": {grants(orders.Grant(analyst).Select(), orders.Grant(analyst).Allow(Describe, Select)),
			at + "Grants[1] is \"SELECT to analyst on sales.orders\"; want each grant once (Grants[0] is the same)"},
		"the same grant with and without the option": {grants(orders.Grant(analyst).Select(), orders.Grant(analyst).Select().WithGrantOption()),
			at + "Grants[1] is \"SELECT to analyst on sales.orders\"; want each grant once (Grants[0] is the same)"},

		// resources
		"no resource":                        {grants(Grant{To: analyst, Actions: []Action{Select}}), at + "Grants[0].On is <nil>; want what to grant on, e.g. a database"},
		"a database without a name":          {grants(Database{}.Grant(analyst).Describe()), at + `Grants[0].On.Name is ""` + object},
		"all tables by a star":               {grants(sales.Table("*").Grant(analyst).Select()), at + `Grants[0].On.Name is "*"` + object},
		"a database's name as a token":       {grants(Database{Name: "${Token[TOKEN.1]}"}.Grant(analyst).Describe()), at + `Grants[0].On.Name is "${Token[TOKEN.1]}"` + object},
		"a catalog that is no account":       {grants(Database{"sales", "prod"}.Grant(analyst).Describe()), at + `Grants[0].On.Catalog is "prod"; want twelve digits, or nothing for this account`},
		"a column that the table lacks":      {grants(orders.Columns("amuont").Grant(analyst).Select()), at + `Grants[0].On is "amuont"; want a column of sales.orders; nearest is "amount"`},
		"a column left out that there isn't": {grants(orders.Except("price").Grant(analyst).Select()), at + `Grants[0].On is "price"; want a column of sales.orders`},
		"columns, but none":                  {grants(orders.Columns().Grant(analyst).Select()), at + `Grants[0].On.Columns is ""; want at least one column; without Columns it is the whole table`},
		"all but no column":                  {grants(orders.Except().Grant(analyst).Select()), at + `Grants[0].On.Except is ""; want at least one column; without Except it is the whole table`},
		"all but all columns":                {grants(orders.Except(orders.Schema...).Grant(analyst).Select()), at + "Grants[0].On.Except is [amount country id year]; want a column left to see"},
		"columns included and left out":      {grants(orders.Columns("id").Except("year").Grant(analyst).Select()), at + `Grants[0].On is "sales.orders(id)(all but year)"; want columns that are included or columns that are left out, not both`},
		"a location by its URL":              {grants(Location{Name: "raw", ARN: "s3://raw/orders"}.Grant(analyst).Use()), at + `Grants[0].On.ARN is "s3://raw/orders"; want arn:PARTITION:s3:::bucket or one of its prefixes`},
		"a location without a name":          {grants(Location{ARN: raw.ARN}.Grant(analyst).Use()), at + `Grants[0].On.Name is ""` + label},
		"a link to this account": {GrantsProps{Links: []Link{{Name: "shared", Target: sales}}},
			at + `Links[0].Target.Catalog is ""; want the account that owns the database, twelve digits`},
		"two links of one name": {GrantsProps{Links: []Link{{Name: "l", Target: Database{"a", "210987654321"}}, {Name: "l", Target: Database{"b", "210987654321"}}}},
			at + `Links[1].Name is "l"; want a name that no other link has`},

		// row filters
		"a filter that is only a column":        {where("country"), rows + `"country"` + filter + "a column where a comparison belongs"},
		"a filter that is a number":             {where("1"), rows + `"1"` + filter + "a constant where a comparison belongs"},
		"a filter that ends too early":          {where("country ="), rows + `"country ="` + filter + "no SQL: it ends too early"},
		"a filter that is no SQL":               {where("country is Germany"), rows + `"country is Germany"` + filter + `no SQL: it cannot be read from "Germany" on`},
		"an empty filter":                       {where(""), rows + `""` + filter + "no SQL: it ends too early"},
		"a function in a filter":                {where("lower(country) = 'germany'"), rows + `"lower(country) = 'germany'"` + filter + "the function lower"},
		"an aggregate in a filter":              {where("max(year) = 2020"), rows + `"max(year) = 2020"` + filter + "the aggregate max"},
		"arithmetic in a filter":                {where("amount + 1 > 2"), rows + `"amount + 1 > 2"` + filter + "arithmetic"},
		"two columns compared":                  {where("id = amount"), rows + `"id = amount"` + filter + "a comparison of two columns"},
		"two constants compared":                {where("1 = 1"), rows + `"1 = 1"` + filter + "a constant on the left, where a column belongs"},
		"a query in a filter":                   {where("id IN (SELECT id FROM t)"), rows + `"id IN (SELECT id FROM t)"` + filter + "a query within the filter"},
		"a cast in a filter":                    {where("cast(id AS char) = '1'"), rows + `"cast(id AS char) = '1'"` + filter + "a cast"},
		"a CASE in a filter":                    {where("CASE WHEN id = 1 THEN 1 ELSE 0 END = 1"), rows + `"CASE WHEN id = 1 THEN 1 ELSE 0 END = 1"` + filter + "a CASE"},
		"MySQL's and":                           {where("id = 1 && year = 2020"), rows + `"id = 1 && year = 2020"` + filter + `"&&", which SQL-92 does not have`},
		"MySQL's or":                            {where("id = 1 || year = 2020"), rows + `"id = 1 || year = 2020"` + filter + "arithmetic"},
		"MySQL's null-safe comparison":          {where("id <=> 1"), rows + `"id <=> 1"` + filter + "arithmetic"},
		"a regular expression in a filter":      {where("country REGEXP '^G'"), rows + `"country REGEXP '^G'"` + filter + "an operator that Lake Formation does not have"},
		"a second statement":                    {where("id = 1); DROP TABLE orders; SELECT (1"), rows + `"id = 1); DROP TABLE orders; SELECT (1"` + filter + `";", which SQL-92 does not have`},
		"a way out of the brackets":             {where("id = 1) OR (1 = 1"), rows + `"id = 1) OR (1 = 1"` + filter + "a constant on the left, where a column belongs"},
		"a comment in a filter":                 {where("id = 1 -- and so on"), rows + `"id = 1 -- and so on"` + filter + `"--", which SQL-92 does not have`},
		"a filter on a column that there isn't": {where("contry = 'Germany'"), rows + `"contry"; want a column of sales.orders; nearest is "country"`},
		"a filter of 2048 characters":           {where("country = '" + strings.Repeat("x", 2048-12) + "'"), rows + `"of 2048 characters"; want fewer than 2048 characters`},

		// LF-tags
		"a tag's key in capitals":       {GrantsProps{Tags: []Tag{{"Zone", []string{"a"}}}}, at + `Tags[0].Key is "Zone"; want 1 to 128 small letters, digits, spaces and _.:/=+-@%`},
		"a tag's value in capitals":     {GrantsProps{Tags: []Tag{{"zone", []string{"A"}}}}, at + `Tags[0].Values[0] is "A"; want 1 to 256 small letters, digits, spaces and _.:/=+-@%`},
		"a tag without values":          {GrantsProps{Tags: []Tag{{Key: "zone"}}}, at + "Tags[0].Values is []; want 1 to 50 values"},
		"a tag's value twice":           {GrantsProps{Tags: []Tag{{"zone", []string{"a", "a"}}}}, at + `Tags[0].Values[1] is "a"; want each value once`},
		"two tags of one key":           {GrantsProps{Tags: []Tag{zone}, ImportedTags: []Tag{zone}}, at + `ImportedTags[0].Key is "zone"; want a key that no other tag has`},
		"a tag that nobody makes":       {grants(TablesTagged(Tag{"zon", []string{"public"}}).Grant(analyst).Select()), at + `Grants[0].On is "zon"; want the key of one of Tags or ImportedTags; nearest is "zone"`},
		"a value that is not the tag's": {grants(TablesTagged(zone.Is("pubic")).Grant(analyst).Select()), at + `Tags[0].Values is [public secret]; want "pubic" among them, which is used by: the grant to analyst on tables with zone=pubic`},
		"an expression without tags":    {grants(TablesTagged().Grant(analyst).Select()), at + `Grants[0].On is ""; want at least one tag`},
		"an expression without values":  {grants(TablesTagged(zone.Is()).Grant(analyst).Select()), at + `Grants[0].On is "zone"; want a tag with the values that are meant, e.g. tag.Is("public")`},
		"a key twice in an expression":  {grants(TablesTagged(zone.Is("public"), zone.Is("secret")).Grant(analyst).Select()), at + `Grants[0].On is "zone"; want each key once in an expression, with all the values that are meant`},
		"two values on one resource":    {GrantsProps{Tags: []Tag{zone}, Associations: []Association{{zone.Is("public", "secret"), sales}}}, at + "Associations[0].Tag is [public secret]; want one value: a resource has one of each key"},
		"two values of a key on a resource": {GrantsProps{Tags: []Tag{zone}, Associations: []Association{{zone.Is("public"), sales}, {zone.Is("secret"), sales}}},
			at + "Associations[1] is \"zone=secret on sales\"; want one value of a key on a resource (Associations[0] gives one)"},
		"a tag on rows":       {GrantsProps{Tags: []Tag{zone}, Associations: []Association{{zone.Is("public"), orders.Where("id = 1")}}}, at + `Associations[0].On is "sales.orders where id = 1"; want a database, a table or named columns of a table`},
		"a tag on all tables": {GrantsProps{Tags: []Tag{zone}, Associations: []Association{{zone.Is("public"), sales.Tables()}}}, at + `Associations[0].On is "sales.*"; want a database, a table or named columns of a table`},
		"a tag on nothing":    {GrantsProps{Tags: []Tag{zone}, Associations: []Association{{Tag: zone.Is("public")}}}, at + "Associations[0].On is <nil>; want a database, a table or columns of a table"},
		"a value that is taken away while it is used": {
			GrantsProps{Tags: []Tag{zone.Is("public")}, Associations: []Association{{zone.Is("secret"), orders.Columns("amount")}, {zone.Is("secret"), sales}},
				Grants: []Grant{TablesTagged(zone.Is("secret")).Grant(steward).Select()}},
			at + `Tags[0].Values is [public]; want "secret" among them, which is used by: sales.orders(amount); sales; the grant to steward on tables with zone=secret`},

		// stacks
		"too many stacks": {GrantsProps{Stacks: 65}, at + "Stacks is 65; want 1 to 64, or 0 for 8"},
		"every fault is reported": {
			grants(sales.Grant(Principal{"analyst", "x"}).Select(), orders.Columns("z").Grant(analyst).Allow(Insert)),
			at + `Grants[0].To.ID is "x"` + person + "\n" + at + `Grants[0].Actions[0] is "SELECT"` + onBase + "\n" +
				at + `Grants[1].On is "z"; want a column of sales.orders` + "\n" + at + `Grants[1].Actions[0] is "INSERT"; want "SELECT" on columns of a table` + "\n" +
				at + `Grants[1].To.ID is "` + analyst.ID + `"; want "x", which analyst is elsewhere`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { checktest.Message(t, test.props.Validate(), test.want) })
	}
	if len(tests) < 40 {
		t.Errorf("%d mistakes; want 40 at least", len(tests))
	}
}

func TestGrantsPropsTakesWhatTheServiceTakes(t *testing.T) {
	unit := Principal{"unit", "arn:aws:organizations::123456789012:ou/o-abcdefghij/ou-abcd-12345678"}
	checktest.Message(t, GrantsProps{
		Tags:         []Tag{zone},
		ImportedTags: []Tag{{"team", []string{"a team"}}},
		Associations: []Association{{zone.Is("public"), sales}, {zone.Is("secret"), orders.Columns("amount")}},
		Links:        []Link{{Name: "theirs", Target: Database{"theirs", "210987654321"}}},
		Grants: []Grant{
			Catalog{}.Grant(analyst).Allow(CreateDatabase).WithGrantOption(),
			sales.Grant(analyst).Allow(Describe, CreateTable),
			sales.Tables().Grant(steward).All().WithGrantOption(),
			orders.Columns("id", "year").Grant(analyst).Select().WithGrantOption(),
			orders.Except("amount").Where("country = 'Côte d''Ivoire'").Grant(analyst).Select(),
			orders.Grant(unit).Select(),
			orders.Grant(AllPrincipalsOf("210987654321")).Select(),
			raw.Grant(analyst).Use(),
			zone.Is("public").Grant(steward).Allow(Associate, Describe),
			TablesTagged(zone.Is("public", "secret"), Tag{"team", []string{"a team"}}).Grant(steward).Select(),
			Link{Name: "theirs", Target: Database{"theirs", "210987654321"}}.Grant(analyst).Describe(),
			Database{"theirs", "210987654321"}.Table("t").Grant(Principal{"by-token", "${Token[TOKEN.7]}"}).Select(),
		},
	}.Validate(), "")
}

func TestRowFiltersThatLakeFormationTakes(t *testing.T) {
	// https://docs.aws.amazon.com/lake-formation/latest/dg/partiql-support.html, and what else it allows
	for _, filter := range []string{
		"year > 2010 and country != 'US'",
		"(year > 2010 and country = 'US') or (id < 8 and id > 23)",
		"(country between 'Z' and 'U') and (year = 2018)",
		"(country like '%ited%') and (year > 2000)",
		`"country" IN ('a', 'it''s -- no comment; # neither')`,
		"NOT (year <> -1.5e3) OR amount IS NOT NULL",
		"country NOT IN ('x') AND country NOT LIKE 'y%' AND id IS NULL",
		"country = 'a' \n AND year = 2020",
	} {
		checktest.Message(t, where(filter).Validate(), "")
	}
	checktest.Message(t, grants(sales.Table("people").Where("address.city = 'Bonn'").Grant(analyst).Select()).Validate(), "")
}

func TestSettingsPropsValidate(t *testing.T) {
	const at = "lakeformation.SettingsProps."
	many := make([]Principal, 30)
	for i := range many {
		many[i] = Principal{fmt.Sprintf("a%d", i), fmt.Sprintf("arn:aws:iam::123456789012:role/a%d", i)}
	}
	for name, test := range map[string]struct {
		props SettingsProps
		want  string
	}{
		"nothing need be said":                  {SettingsProps{}, ""},
		"much may be said":                      {SettingsProps{Admins: []Principal{analyst, steward}, Creators: []Principal{Account("210987654321")}, Databases: []string{"sales"}, CrossAccountVersion: 5}, ""},
		"an account as administrator":           {SettingsProps{Admins: []Principal{Account("210987654321")}}, at + `Admins[0].ID is "210987654321"; want the ARN of a role or user: no other can administer a data lake`},
		"an administrator twice":                {SettingsProps{Admins: []Principal{analyst, {"again", analyst.ID}}}, at + `Admins[1].ID is "` + analyst.ID + `"; want each principal once`},
		"more administrators than there may be": {SettingsProps{Admins: many}, at + `Admins is "a list of 30"; want at most 29: Lake Formation takes 30, the deployer included`},
		"a creator without a name":              {SettingsProps{Creators: []Principal{{ID: analyst.ID}}}, at + `Creators[0].Name is ""; want 1 to 64 letters, digits, "_" and "-"`},
		"a version that there isn't":            {SettingsProps{CrossAccountVersion: 6}, at + "CrossAccountVersion is 6; want 1 to 5, or 0 for 4"},
		"a database's name in capitals":         {SettingsProps{Databases: []string{"Sales"}}, at + `Databases[0] is "Sales"; want 1 to 255 of a-z, 0-9 and _`},
	} {
		t.Run(name, func(t *testing.T) { checktest.Message(t, test.props.Validate(), test.want) })
	}
}

// anyBucket stands for a bucket in tests that start no Node.
type anyBucket struct{ awss3.IBucket }

func TestDataLocationPropsValidate(t *testing.T) {
	const at = "lakeformation.DataLocationProps."
	for name, test := range map[string]struct {
		props DataLocationProps
		want  string
	}{
		"a folder with a key":           {DataLocationProps{Name: "raw", Bucket: anyBucket{}, Prefix: "a/b/", KeyARN: "arn:aws:kms:eu-west-1:123456789012:key/1-2"}, ""},
		"nothing is said":               {DataLocationProps{}, at + `Name is ""; want 1 to 64 letters, digits, "_" and "-"` + "\n" + at + "Bucket is <nil>; want a bucket"},
		"a folder without a slash":      {DataLocationProps{Name: "raw", Bucket: anyBucket{}, Prefix: "a"}, at + `Prefix is "a"; want a folder with a closing slash, e.g. "curated/orders/", or nothing`},
		"a key's alias":                 {DataLocationProps{Name: "raw", Bucket: anyBucket{}, KeyARN: "alias/x"}, at + `KeyARN is "alias/x"; want the ARN of a KMS key, or nothing`},
		"a linked role that only reads": {DataLocationProps{Name: "raw", Bucket: anyBucket{}, ServiceLinkedRole: true, ReadOnly: true}, at + "ReadOnly is true; want false, for the service-linked role always writes"},
		"a linked role with a key":      {DataLocationProps{Name: "raw", Bucket: anyBucket{}, ServiceLinkedRole: true, KeyARN: "arn:aws:kms:eu-west-1:123456789012:key/1-2"}, at + `KeyARN is "arn:aws:kms:eu-west-1:123456789012:key/1-2"; want nothing, for the service-linked role gets no right on a key from here`},
	} {
		t.Run(name, func(t *testing.T) { checktest.Message(t, test.props.Validate(), test.want) })
	}
}
