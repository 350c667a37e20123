package lakeformation_test

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/identitycenter"
	"github.com/lakekeel/lakekeel/constructs/lakeformation"
)

// A lake with an administrator, an analyst who sees a part of a table, and a tag.
func Example() {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Lake"), nil)
	analyst := lakeformation.To("analyst", awsiam.Role_FromRoleName(stack, jsii.String("Role"), jsii.String("analyst"), nil))
	admin := lakeformation.Principal{Name: "admin", ID: "arn:aws:iam::123456789012:role/admin"}

	settings := lakeformation.NewSettings(stack, "Settings", lakeformation.SettingsProps{
		Admins:    []lakeformation.Principal{admin},
		Databases: []string{"sales"}, // closed to IAM_ALLOWED_PRINCIPALS
	})
	raw := lakeformation.NewDataLocation(stack, "Raw", lakeformation.DataLocationProps{
		Name: "raw", Bucket: awss3.NewBucket(stack, jsii.String("Data"), nil), Prefix: "orders/",
	})

	sales := lakeformation.Database{Name: "sales"}
	orders := sales.Table("orders", "id", "country", "amount")
	sensitivity := lakeformation.Tag{Key: "sensitivity", Values: []string{"public", "secret"}}
	lakeformation.NewGrants(stack, "Grants", lakeformation.GrantsProps{
		Settings:     settings,
		Stacks:       1, // a small lake
		Tags:         []lakeformation.Tag{sensitivity},
		Associations: []lakeformation.Association{{Tag: sensitivity.Is("public"), On: sales}},
		Grants: []lakeformation.Grant{
			sales.Grant(admin).All().WithGrantOption(),
			sales.Grant(analyst).Describe(),
			orders.Except("amount").Where("country = 'Germany'").Grant(analyst).Select(),
			lakeformation.TablesTagged(sensitivity.Is("public")).Grant(admin).Select(),
			raw.Location.Grant(admin).Use(),
		},
	})
}

// A database of another account, linked to and granted on.
func ExampleLink() {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Consumer"), nil)
	analyst := lakeformation.Principal{Name: "analyst", ID: "arn:aws:iam::210987654321:role/analyst"}
	theirs := lakeformation.Link{Name: "sales_shared", Target: lakeformation.Database{Name: "sales", Catalog: "123456789012"}}
	lakeformation.NewGrants(stack, "Grants", lakeformation.GrantsProps{
		Stacks: 1,
		Links:  []lakeformation.Link{theirs},
		Grants: theirs.GrantBoth(analyst, theirs.Target.Table("orders"), lakeformation.Select),
	})
}

// An analyst of IAM Identity Center: the permission set in its account, the grant in the lake's.
func Example_identityCenter() {
	app := awscdk.NewApp(nil)
	home := identitycenter.Home{Account: "999999999999", Instance: "ssoins-0123456789abcdef", IdentityStore: "d-0123456789"}
	identity := awscdk.NewStack(app, jsii.String("Identity"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: &home.Account, Region: jsii.String("eu-west-1")},
	})
	props := identitycenter.LakeFormationDataAnalyst(home)
	props.Session = 8 * time.Hour
	set := identitycenter.NewPermissionSet(identity, "Analyst", props)
	identitycenter.NewAssignment(identity, "Analysts", identitycenter.AssignmentProps{
		Set: set, Account: "123456789012", To: identitycenter.Person{Group: "Lake analysts"},
	})

	data := awscdk.NewStack(app, jsii.String("Lake"), nil) // of account 123456789012
	role := identitycenter.NewReservedRole(data, "Analyst", identitycenter.ReservedRoleProps{PermissionSet: set.Name})
	analyst := lakeformation.Principal{Name: "analyst", ID: role.ARN}
	lakeformation.NewGrants(data, "Grants", lakeformation.GrantsProps{
		Stacks: 1,
		Grants: []lakeformation.Grant{lakeformation.Database{Name: "sales"}.Tables().Grant(analyst).Select()},
	})
}
