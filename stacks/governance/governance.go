// Package governance puts the Covid-19 lake under Lake Formation: an administrator, an
// analyst who sees a part of one table, an LF-tag for what is sensitive, and accounts that
// the table is shared with.
package governance

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/identitycenter"
	"github.com/lakekeel/lakekeel/constructs/lakeformation"
	"github.com/lakekeel/lakekeel/internal/policy"
	"github.com/lakekeel/lakekeel/stacks/covid19"
)

// sensitivity says how far data may go: everybody in the house, or hospitals' data.
var sensitivity = lakeformation.Tag{Key: "sensitivity", Values: []string{"internal", "hospital"}}

// Governance holds the stacks: the lake's own, one for each account that it is shared with,
// and that of IAM Identity Center, nil without it.
type Governance struct {
	Stack     awscdk.Stack
	Consumers []awscdk.Stack
	Identity  awscdk.Stack
	Grants    *lakeformation.Grants
}

// New defines the governance of a lake in scope. It panics with the error of
// [Props.Validate] if the props are not sound.
//
// The published table must be there before it can be granted on, so the lake's workflow has
// run once before this stack is deployed for the first time.
func New(scope constructs.Construct, id string, props Props) *Governance {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	g := &Governance{Stack: awscdk.NewStack(scope, &id, &awscdk.StackProps{
		Env:         props.Env,
		Description: jsii.String("Who may see what of " + props.Lake.Database + ": Lake Formation's administrators, tags and grants"),
	})}
	if props.Identity != nil {
		g.Identity = newIdentity(scope, props)
		g.Stack.AddStackDependency(g.Identity, jsii.String("a permission set is assigned before its role is looked for"))
	}
	people := newPeople(g.Stack, props)
	var databases []string
	if !props.Migration {
		databases = []string{props.Lake.Database}
	}
	settings := lakeformation.NewSettings(g.Stack, "Settings", lakeformation.SettingsProps{
		Admins: append(people.furtherAdmins, people.admin), Migration: props.Migration, Databases: databases,
	})
	location := lakeformation.NewDataLocation(g.Stack, "Published", lakeformation.DataLocationProps{
		Name: "published", Bucket: props.Lake.Bucket, Prefix: props.Lake.Folder, KeyARN: props.Lake.KeyARN, ReadOnly: true,
	})
	database := lakeformation.Database{Name: props.Lake.Database}
	table := database.Table(props.Lake.Table, props.Lake.Schema...)
	g.Grants = lakeformation.NewGrants(g.Stack, "Grants", lakeformation.GrantsProps{
		Settings: settings,
		Stacks:   1, // three dozen grants, and as many as the accounts that it is shared with
		Tags:     []lakeformation.Tag{sensitivity},
		Associations: []lakeformation.Association{
			{Tag: sensitivity.Is("internal"), On: database},
			{Tag: sensitivity.Is("hospital"), On: table.Columns(covid19.HospitalCapacity...)},
		},
		Grants: slices.Concat(
			adminGrants(people.admin, database),
			analystGrants(people.analyst, database, table, props.country()),
			props.writerGrants(database, location),
			props.sharing(database, table),
		),
	})
	for _, consumer := range props.Consumers {
		g.Consumers = append(g.Consumers, newConsumer(scope, g.Stack, props, consumer))
	}
	return g
}

func adminGrants(admin lakeformation.Principal, database lakeformation.Database) []lakeformation.Grant {
	return []lakeformation.Grant{
		database.Grant(admin).All().WithGrantOption(),
		database.Tables().Grant(admin).All().WithGrantOption(),
		sensitivity.Is(sensitivity.Values...).Grant(admin).Allow(lakeformation.Associate, lakeformation.Describe),
	}
}

// analystGrants let the analyst see one country's rows without the hospitals' columns, and
// describe whatever else is not sensitive.
func analystGrants(analyst lakeformation.Principal, database lakeformation.Database, table lakeformation.Table, country string) []lakeformation.Grant {
	return []lakeformation.Grant{
		database.Grant(analyst).Describe(),
		table.Except(covid19.HospitalCapacity...).Where("country = '" + quoteText(country) + "'").Grant(analyst).Select(),
		lakeformation.DatabasesTagged(sensitivity.Is("internal")).Grant(analyst).Describe(),
	}
}

// writerGrants let the lake's jobs and crawlers go on as before.
func (p Props) writerGrants(database lakeformation.Database, location *lakeformation.DataLocation) []lakeformation.Grant {
	var grants []lakeformation.Grant
	for _, name := range slices.Sorted(maps.Keys(p.Lake.Writers)) {
		writer := lakeformation.To(name, p.Lake.Writers[name])
		grants = append(grants,
			database.Grant(writer).Allow(lakeformation.CreateTable, lakeformation.Describe),
			database.Tables().Grant(writer).Allow(lakeformation.Alter, lakeformation.Describe, lakeformation.Insert, lakeformation.Select),
			location.Location.Grant(writer).Use(),
		)
	}
	return grants
}

// sharing gives the consumers' accounts the published table, to grant on.
func (p Props) sharing(database lakeformation.Database, table lakeformation.Table) []lakeformation.Grant {
	var grants []lakeformation.Grant
	for _, consumer := range p.Consumers {
		account := lakeformation.Account(consumer.Account)
		grants = append(grants,
			database.Grant(account).Describe().WithGrantOption(),
			table.Grant(account).Allow(lakeformation.Describe, lakeformation.Select).WithGrantOption(),
		)
	}
	return grants
}

// newConsumer is a consumer's stack, in its own account: a resource link, and an analyst who
// may use it. It is deployed after the lake's.
func newConsumer(scope constructs.Construct, lake awscdk.Stack, props Props, consumer Consumer) awscdk.Stack {
	region := cmp.Or(consumer.Region, props.region())
	stack := awscdk.NewStack(scope, jsii.String(props.stackID("Governance"+consumer.Name)), &awscdk.StackProps{
		Env:         &awscdk.Environment{Account: &consumer.Account, Region: &region},
		Description: jsii.String("Who may see what of " + props.Lake.Database + ", shared by account " + props.account() + ", in account " + consumer.Account),
	})
	stack.AddStackDependency(lake, jsii.String("a table is shared before it is linked to"))
	target := lakeformation.Database{Name: props.Lake.Database, Catalog: props.account()}
	link := lakeformation.Link{Name: consumer.link(props.Lake.Database), Target: target, Region: props.region()}
	admin, analyst := newRole(stack, props, "LakeAdmin", "", props.Lake.Database), newRole(stack, props, "LakeAnalyst", consumer.AnalystRole, link.Name)
	settings := lakeformation.NewSettings(stack, "Settings", lakeformation.SettingsProps{Admins: []lakeformation.Principal{admin}, Migration: props.Migration})
	lakeformation.NewGrants(stack, "Grants", lakeformation.GrantsProps{
		Settings: settings,
		Stacks:   1,
		Links:    []lakeformation.Link{link},
		Grants:   link.GrantBoth(analyst, target.Table(props.Lake.Table, props.Lake.Schema...), lakeformation.Select),
	})
	return stack
}

// people are those whom the lake's own account knows.
type people struct {
	admin, analyst lakeformation.Principal
	furtherAdmins  []lakeformation.Principal
}

func newPeople(stack awscdk.Stack, props Props) people {
	p := people{
		admin:   newPerson(stack, props, "LakeAdmin", props.AdminRole, identitycenter.DataLakeAdminName),
		analyst: newPerson(stack, props, "LakeAnalyst", props.AnalystRole, identitycenter.DataAnalystName),
	}
	for i, arn := range props.Admins {
		p.furtherAdmins = append(p.furtherAdmins, lakeformation.Principal{Name: fmt.Sprintf("admin-%d", i), ID: arn})
	}
	return p
}

// newPerson is a role that is there already, that of a permission set, or one that is made.
func newPerson(stack awscdk.Stack, props Props, name, pinned, permissionSet string) lakeformation.Principal {
	if pinned == "" && props.Identity != nil {
		pinned = identitycenter.NewReservedRole(stack, name, identitycenter.ReservedRoleProps{PermissionSet: permissionSet}).ARN
	}
	return newRole(stack, props, name, pinned, props.Lake.Database)
}

// newIdentity is the stack in the account of IAM Identity Center: the two permission sets, and
// the groups that have them in the lake's account.
func newIdentity(scope constructs.Construct, props Props) awscdk.Stack {
	i := props.Identity
	region := cmp.Or(i.Region, props.region())
	stack := awscdk.NewStack(scope, jsii.String(props.stackID("GovernanceIdentity")), &awscdk.StackProps{
		Env:         &awscdk.Environment{Account: &i.Home.Account, Region: &region},
		Description: jsii.String("Who of IAM Identity Center comes to the lake of account " + props.account()),
	})
	for _, persona := range []struct {
		set   identitycenter.PermissionSetProps
		group string
	}{{identitycenter.DataLakeAdmin(i.Home), i.AdminGroup}, {identitycenter.LakeFormationDataAnalyst(i.Home), i.AnalystGroup}} {
		set := identitycenter.NewPermissionSet(stack, persona.set.Name, persona.set)
		identitycenter.NewAssignment(stack, persona.set.Name+"-Assignment", identitycenter.AssignmentProps{
			Set: set, Account: props.account(), To: identitycenter.Person{Group: persona.group},
		})
	}
	return stack
}

// newRole is the role of a person in the account: one that is there already, or one that the
// account's own people may take.
func newRole(stack awscdk.Stack, props Props, name, pinned, database string) lakeformation.Principal {
	if pinned != "" {
		return lakeformation.Principal{Name: name, ID: pinned}
	}
	h := policy.Here()
	role := awsiam.NewRole(stack, &name, &awsiam.RoleProps{
		RoleName:       jsii.String(props.Environment + "-" + name),
		Description:    jsii.String(name + " of " + database + "; Lake Formation says what it may see"),
		AssumedBy:      awsiam.NewAccountPrincipal(h.Account),
		InlinePolicies: policy.Inline("Lake", lakeRights(database)),
	})
	policy.ExplainWildcards(role.Node().DefaultChild().(awscdk.CfnResource), lakeRights(database))
	return lakeformation.To(name, role)
}

// lakeRights are what a person needs in IAM, beside Lake Formation, to look at a database and
// get the credentials that Lake Formation hands out.
func lakeRights(database string) []policy.Statement {
	h := policy.Here()
	return []policy.Statement{
		{
			Actions:   []string{"lakeformation:GetDataAccess"},
			Resources: []string{"*"},
			Wildcard:  "Lake Formation's actions take no resource; its grants decide",
		},
		{
			Actions:   []string{"glue:GetDatabase", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"},
			Resources: []string{h.Arn("glue", "catalog"), h.Arn("glue", "database/"+database), h.Arn("glue", "table/"+database+"/*")},
			Wildcard:  "the tables of a database; Lake Formation's grants decide which of them",
		},
	}
}
