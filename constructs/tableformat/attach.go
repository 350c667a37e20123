package tableformat

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// Attach makes the statements a policy of the job's role, for engines whose construct
// does not take them: use.Attach(stack, "Contacts", job.Role()).
func (u Use) Attach(scope constructs.Construct, id string, role awsiam.IRole) awsiam.Policy {
	made := awsiam.NewPolicy(scope, &id, &awsiam.PolicyProps{
		Document: policy.Document(u.Statements), Roles: &[]awsiam.IRole{role},
	})
	policy.ExplainWildcards(made.Node().DefaultChild().(awscdk.CfnResource), u.Statements)
	return made
}
