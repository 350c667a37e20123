package policy

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Grant adds a statement to the policy of the grantee's role, and the reason for its
// wildcards beside that policy. A role that cannot be changed stays as it is.
func Grant(to awsiam.IGrantable, s Statement) {
	options := &awsiam.GrantOnPrincipalOptions{Grantee: to, Actions: jsii.Strings(s.Actions...), ResourceArns: jsii.Strings(s.Resources...)}
	if len(s.Conditions) > 0 {
		conditions := map[string]*map[string]any{}
		for operator, keys := range s.Conditions {
			of := keys.(map[string]any)
			conditions[operator] = &of
		}
		options.Conditions = &conditions
	}
	awsiam.Grant_AddToPrincipal(options)
	role, ok := to.GrantPrincipal().(constructs.IConstruct)
	if !ok || s.Wildcard == "" {
		return
	}
	if made := role.Node().TryFindChild(jsii.String("DefaultPolicy")); made != nil {
		ExplainWildcards(made.Node().DefaultChild().(awscdk.CfnResource), []Statement{s})
	}
}
