package emreks

import (
	"encoding/json"
	"strings"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// A place is where a template will be deployed, as tokens: no construct writes a
// partition, region or account by hand.
type place struct{ partition, region, account, suffix string }

// here reads the pseudo parameters once in a process: they are the same tokens for every app.
var here = sync.OnceValue(func() place {
	return place{*awscdk.Aws_PARTITION(), *awscdk.Aws_REGION(), *awscdk.Aws_ACCOUNT_ID(), *awscdk.Aws_URL_SUFFIX()}
})

// arn is the name of a resource in this account and region.
func (p place) arn(service, resource string) string {
	return "arn:" + p.partition + ":" + service + ":" + p.region + ":" + p.account + ":" + resource
}

// global is the name of a resource of this account that has no region.
func (p place) global(service, resource string) string {
	return "arn:" + p.partition + ":" + service + "::" + p.account + ":" + resource
}

// s3 is the ARN of bucket, bucket/key or bucket/prefix*.
func (p place) s3(path string) string { return "arn:" + p.partition + ":s3:::" + path }

// A statement allows actions on resources.
type statement struct {
	actions    []string
	resources  []string
	conditions map[string]any // by operator; may be nil

	// wildcard says why the resources hold a "*", for cdk-nag and for whoever
	// reads the template; empty if they hold none.
	wildcard string
}

// document makes a policy in one call to Node, where a PolicyStatement for each
// statement would be one each.
func document(statements []statement) awsiam.PolicyDocument {
	list := make([]any, len(statements))
	for i, s := range statements {
		m := map[string]any{"Effect": "Allow", "Action": s.actions, "Resource": s.resources}
		if len(s.conditions) > 0 {
			m["Condition"] = s.conditions
		}
		list[i] = m
	}
	return awsiam.PolicyDocument_FromJson(map[string]any{"Version": "2012-10-17", "Statement": list})
}

// inline are the policies of a role: one, or none if it allows nothing.
func inline(name string, statements []statement) *map[string]awsiam.PolicyDocument {
	if len(statements) == 0 {
		return nil
	}
	return &map[string]awsiam.PolicyDocument{name: document(statements)}
}

// explainWildcards writes the reasons for wildcards beside the policy, in the form
// in which cdk-nag reads them.
func explainWildcards(role awsiam.Role, statements []statement) {
	var rules []any
	told := map[string]bool{"": true}
	for _, s := range statements {
		if !told[s.wildcard] {
			rules = append(rules, map[string]any{"id": "AwsSolutions-IAM5", "reason": s.wildcard})
		}
		told[s.wildcard] = true
	}
	if len(rules) > 0 {
		resource := role.Node().DefaultChild().(awscdk.CfnResource)
		resource.AddMetadata(jsii.String("cdk_nag"), map[string]any{"rules_to_suppress": rules})
	}
}

// serviceRole makes a role that one AWS service takes, for this account only.
func serviceRole(scope constructs.Construct, id, service, description string, managed []string, statements []statement) awsiam.Role {
	var policies []awsiam.IManagedPolicy
	for _, name := range managed {
		policies = append(policies, awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String(name)))
	}
	role := awsiam.NewRole(scope, &id, &awsiam.RoleProps{
		Description:     &description,
		AssumedBy:       awsiam.NewServicePrincipal(jsii.String(service+".amazonaws.com"), nil),
		ManagedPolicies: &policies,
		InlinePolicies:  inline("Baseline", statements),
	})
	explainWildcards(role, statements)
	return role
}

// text is v as JSON, with tokens in it left as they are and nothing escaped for HTML.
func text(v any) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // maps, lists, strings and numbers always have JSON
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// tags are those of a resource, in the form of most Cfn types.
func tags(of map[string]string) *[]*awscdk.CfnTag {
	var list []*awscdk.CfnTag
	for _, key := range sorted(of) {
		list = append(list, &awscdk.CfnTag{Key: jsii.String(key), Value: jsii.String(of[key])})
	}
	return &list
}
