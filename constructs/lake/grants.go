package lake

import (
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// grant adds a statement to the policy of the principal's role, and the reason for
// wildcards in it.
func grant(to awsiam.IPrincipal, actions []string, resources ...string) {
	awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
		Grantee:      to,
		Actions:      jsii.Strings(actions...),
		ResourceArns: jsii.Strings(resources...),
	})
	for _, resource := range resources {
		if strings.HasSuffix(resource, "/*") {
			explain(to, resource)
		}
	}
}

// explain writes beside the principal's policy, in the form in which cdk-nag reads it,
// why the resource ends in a wildcard. A role that cannot be changed has no policy.
func explain(principal awsiam.IPrincipal, resource string) {
	role, ok := principal.(constructs.IConstruct)
	if !ok {
		return
	}
	policy := role.Node().TryFindChild(jsii.String("DefaultPolicy")) // of a role of the app
	if policy == nil {
		policy = role.Node().TryFindChild(jsii.String("Policy")) // of an imported one
	}
	if policy == nil {
		return
	}
	_, key, _ := strings.Cut(resource, "/")
	suppress(policy.Node().DefaultChild().(awscdk.CfnResource), map[string]any{
		"id":         "AwsSolutions-IAM5",
		"reason":     "the keys of the objects in a folder are data: they are not known when the stack is deployed",
		"applies_to": []any{map[string]any{"regex": "/^Resource::[^/]+\\/" + regexp.QuoteMeta(strings.TrimSuffix(key, "*")) + "\\*$/g"}},
	})
}

// suppress adds a rule to those that cdk-nag finds suppressed on the resource. The
// library does not import cdk-nag for it, which every app would have to load.
func suppress(resource awscdk.CfnResource, rule map[string]any) {
	rules := []any{}
	if before, ok := resource.GetMetadata(jsii.String("cdk_nag")).(map[string]any); ok {
		rules, _ = before["rules_to_suppress"].([]any)
	}
	resource.AddMetadata(jsii.String("cdk_nag"), map[string]any{"rules_to_suppress": append(rules, rule)})
}
