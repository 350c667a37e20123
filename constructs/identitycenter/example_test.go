package identitycenter_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/identitycenter"
)

// The narrow analyst: a permission set in Identity Center's account, its policy in the data account.
func Example() {
	app := awscdk.NewApp(nil)
	home := identitycenter.Home{Account: "999999999999", Instance: "ssoins-0123456789abcdef", IdentityStore: "d-0123456789"}
	identity := awscdk.NewStack(app, jsii.String("Identity"), nil)
	set := identitycenter.NewPermissionSet(identity, "Analyst", identitycenter.NarrowDataAnalyst(home))
	identitycenter.NewAssignment(identity, "ToAnna", identitycenter.AssignmentProps{
		Set: set, Account: "123456789012", To: identitycenter.Person{User: "anna"},
	})

	data := awscdk.NewStack(app, jsii.String("Data"), nil)
	identitycenter.NewPersonaPolicies(data, "Policies", identitycenter.PersonaPoliciesProps{Results: "athena-results"})
}
