package test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/identitycenter"
	"github.com/lakekeel/lakekeel/internal/cdktest"
)

var identitycenterHome = identitycenter.Home{Account: "999999999999", Instance: "ssoins-0123456789abcdef", IdentityStore: "d-0123456789"}

func TestIdentityCenter(t *testing.T) {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Identity"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("999999999999"), Region: jsii.String("eu-west-1")},
	})
	home := identitycenterHome
	admin := identitycenter.NewPermissionSet(stack, "Admin", identitycenter.DataLakeAdmin(home))
	narrow := identitycenter.NarrowDataAnalyst(home)
	narrow.Session, narrow.RelayState = 90*time.Minute, "https://eu-west-1.console.aws.amazon.com/athena/home"
	narrow.Inline = map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}}}
	analyst := identitycenter.NewPermissionSet(stack, "Analyst", narrow)
	for i, person := range []identitycenter.Person{
		{Group: "Lake administrators"}, {User: "anna"}, {GroupID: "0123456789-01234567-89ab-cdef-0123-456789abcdef"}, {UserID: "01234567-89ab-cdef-0123-456789abcdef"},
	} {
		set := admin
		if i > 1 {
			set = analyst
		}
		identitycenter.NewAssignment(stack, fmt.Sprintf("To%d", i), identitycenter.AssignmentProps{Set: set, Account: "123456789012", To: person})
	}
	cdktest.Nag(t, stack)
	template := cdktest.Synth(t, stack)

	t.Run("has the five policies that AWS names for an administrator", func(t *testing.T) {
		id := template.Has(t, "AWS::SSO::PermissionSet", cdktest.Props{"Name": "DataLakeAdmin", "SessionDuration": "PT1H"})
		if got := len(template.Resources[id].Properties["ManagedPolicies"].([]any)); got != 5 {
			t.Errorf("%d policies; want 5", got)
		}
	})
	t.Run("has a narrow analyst without any of AWS's policies", func(t *testing.T) {
		id := template.Has(t, "AWS::SSO::PermissionSet", cdktest.Props{
			"Name": "LakeFormationDataAnalyst", "SessionDuration": "PT1H30M",
			"CustomerManagedPolicyReferences": []any{cdktest.Props{"Name": "Lakekeel-DataAnalyst", "Path": "/"}},
		})
		if template.Resources[id].Properties["ManagedPolicies"] != nil {
			t.Error("there are managed policies")
		}
	})
	t.Run("finds by name whom it is not told by id", func(t *testing.T) {
		template.Count(t, "AWS::SSO::Assignment", 4)
		template.Has(t, "Custom::LakekeelIdentity", cdktest.Props{"Kind": "GROUP", "Name": "Lake administrators", "IdentityStore": "d-0123456789"})
		template.Has(t, "Custom::LakekeelIdentity", cdktest.Props{"Kind": "USER", "Name": "anna"})
		template.Count(t, "AWS::Lambda::Function", 1)
	})
	t.Run("is the template last reviewed", func(t *testing.T) { template.Golden(t, "test/testdata/identitycenter.json") })
}

func TestIdentityCenterInADataAccount(t *testing.T) {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Data"), nil)
	found := identitycenter.NewReservedRole(stack, "Analyst", identitycenter.ReservedRoleProps{PermissionSet: "LakeFormationDataAnalyst"})
	pinned := identitycenter.NewReservedRole(stack, "Pinned", identitycenter.ReservedRoleProps{
		PermissionSet: "Other", Pinned: "arn:aws-us-gov:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Other_0123456789abcdef",
	})
	awscdk.NewCfnOutput(stack, jsii.String("Found"), &awscdk.CfnOutputProps{Value: &found.ARN})
	awscdk.NewCfnOutput(stack, jsii.String("Kept"), &awscdk.CfnOutputProps{Value: &pinned.ARN})
	identitycenter.NewPersonaPolicies(stack, "Policies", identitycenter.PersonaPoliciesProps{Results: "athena-results"})
	cdktest.Nag(t, stack)
	template := cdktest.Synth(t, stack)
	template.Has(t, "Custom::LakekeelReservedRole", cdktest.Props{"PermissionSet": "LakeFormationDataAnalyst", "Wait": 300})
	template.Count(t, "Custom::LakekeelReservedRole", 1)
	template.Count(t, "AWS::IAM::ManagedPolicy", 2)
	template.Golden(t, "test/testdata/identitycenter_data.json")
}

func TestIdentityCenterIsRefusedInADataAccount(t *testing.T) {
	defer func() {
		want := `permission set DataLakeAdmin in a stack of account is "123456789012"; want a stack of account 999999999999, where Identity Center lives`
		if got := fmt.Sprint(recover()); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}()
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Data"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("123456789012"), Region: jsii.String("eu-west-1")},
	})
	identitycenter.NewPermissionSet(stack, "Admin", identitycenter.DataLakeAdmin(identitycenterHome))
}
