package glue

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/batch"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// An identity is what a job or crawler runs as: a role that was given to it, or one
// that is made for it.
//
// The made one is a CfnRole, and becomes an awsiam.IRole when somebody first asks. The
// L2 awsiam.Role with its principal, its policy document and its ARN takes seven
// calls to Node where this takes none of its own, and a workflow has seven roles.
type identity struct {
	group constructs.Construct // holds the role's grants, and the job or crawler
	role  awsiam.IRole         // nil until asked for, if it was not given
	made  awsiam.CfnRole       // nil if the role was given
}

// newIdentity makes what the id stands for, in one call to Node: the job or crawler
// that resource gives for the ARN of its role, and the role unless one is given. A role
// that is made is the group itself: the job or crawler and the grants stand below it. Only
// Glue can take the role, and only for this account (the confused deputy of
// https://docs.aws.amazon.com/glue/latest/dg/cross-service-confused-deputy-prevention.html).
// AWS's managed AWSGlueServiceRole is not used: it reads and writes every bucket
// whose name begins with aws-glue- and every table.
func newIdentity(scope constructs.Construct, id string, given awsiam.IRole, rights func() []policy.Statement, resource func(role *string) batch.Resource) *identity {
	if given != nil {
		group, _ := batch.Make(scope, []batch.Resource{batch.Group(id), resource(given.RoleArn())})
		return &identity{group: group, role: given}
	}
	role := roleFor(id, rights())
	group, _ := batch.Make(scope, []batch.Resource{role, resource(jsii.String(batch.Made(0, "attrArn")))})
	return &identity{group: group, made: group.(awsiam.CfnRole)}
}

// roleFor is a role of Glue's with the rights, and the reasons for their wildcards.
func roleFor(id string, rights []policy.Statement) batch.Resource {
	role := batch.Resource{
		Type: "aws-cdk-lib.aws_iam.CfnRole",
		ID:   id,
		Props: &awsiam.CfnRoleProps{
			AssumeRolePolicyDocument: policy.Raw(policy.Trust("glue")),
			Policies:                 []any{&awsiam.CfnRole_PolicyProperty{PolicyName: jsii.String("Baseline"), PolicyDocument: policy.JSON(rights)}},
		},
	}
	if reasons := policy.Reasons(rights); len(reasons) > 0 {
		role.Metadata = map[string]any{"cdk_nag": map[string]any{"rules_to_suppress": reasons}}
	}
	return role
}

// asRole returns the role for grants. Grants become a policy beside the role, in the
// same stack.
func (i *identity) asRole() awsiam.IRole {
	if i.role == nil {
		i.role = awsiam.Role_FromRoleName(i.group, jsii.String("Grants"), i.made.Ref(), nil)
	}
	return i.role
}

// explain writes the reasons for wildcards beside the policy that a grant made.
func (i *identity) explain(granted []policy.Statement) {
	if i.made == nil {
		return
	}
	beside := i.role.Node().FindChild(jsii.String("Policy")).Node().DefaultChild()
	policy.ExplainWildcards(beside.(awscdk.CfnResource), granted)
}

// grant adds the statements to what grantee may do.
func grant(grantee awsiam.IGrantable, statements ...policy.Statement) {
	principal := grantee.GrantPrincipal() // asked for once here, or Node would have to ask a grantee of ours each time
	for _, s := range statements {
		awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
			Grantee:      principal,
			Actions:      jsii.Strings(s.Actions...),
			ResourceArns: jsii.Strings(s.Resources...),
		})
	}
	if ours, ok := grantee.(interface{ runsAs() *identity }); ok {
		ours.runsAs().explain(statements)
	}
}
