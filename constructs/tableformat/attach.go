package tableformat

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Attach makes the statements a policy of the job's role, for engines whose construct
// does not take them: use.Attach(stack, "Contacts", job.Role()).
func (u Use) Attach(scope constructs.Construct, id string, role awsiam.IRole) awsiam.Policy {
	var list []any
	var reasons []string
	for _, s := range u.Statements {
		list = append(list, s.JSON())
		if s.Wildcard != "" {
			reasons = append(reasons, s.Sid+": "+s.Wildcard)
		}
	}
	policy := awsiam.NewPolicy(scope, &id, &awsiam.PolicyProps{
		Document: awsiam.PolicyDocument_FromJson(map[string]any{"Version": "2012-10-17", "Statement": list}),
		Roles:    &[]awsiam.IRole{role},
	})
	// In the form in which cdk-nag reads why a resource holds a "*".
	policy.Node().DefaultChild().(awscdk.CfnResource).AddMetadata(jsii.String("cdk_nag"), map[string]any{
		"rules_to_suppress": []any{map[string]any{"id": "AwsSolutions-IAM5", "reason": strings.Join(reasons, "; ")}},
	})
	return policy
}
