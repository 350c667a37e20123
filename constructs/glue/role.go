package glue

import (
	"strings"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// A place is where a template will be deployed, as tokens: no construct writes a
// partition, region or account by hand.
type place struct{ partition, region, account string }

// here reads the three pseudo parameters once in a process. They are the same tokens
// for every app, and asking for them would be three calls to Node for each role.
var here = sync.OnceValue(func() place {
	return place{*awscdk.Aws_PARTITION(), *awscdk.Aws_REGION(), *awscdk.Aws_ACCOUNT_ID()}
})

// arn is the name of a resource in this account and region.
func (p place) arn(service, resource string) string {
	return "arn:" + p.partition + ":" + service + ":" + p.region + ":" + p.account + ":" + resource
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

func (s statement) json() map[string]any {
	m := map[string]any{"Effect": "Allow", "Action": s.actions, "Resource": s.resources}
	if len(s.conditions) > 0 {
		m["Condition"] = s.conditions
	}
	return m
}

// An identity is what a job or crawler runs as: a role that was given to it, or one
// that is made for it.
//
// The made one is a CfnRole, and becomes an awsiam.IRole when somebody first asks. The
// L2 awsiam.Role with its principal, its policy document and its ARN takes seven
// calls to Node where this takes two, and a workflow has seven roles.
type identity struct {
	group constructs.Construct // holds the role's grants, and the job or crawler
	role  awsiam.IRole         // nil until asked for, if it was not given
	made  awsiam.CfnRole       // nil if the role was given

	granted []statement // what this package granted besides, for explainWildcards
}

// explain writes the reasons for wildcards beside the policy that a grant made.
func (i *identity) explain(granted ...statement) {
	if i.made == nil {
		return
	}
	i.granted = append(i.granted, granted...)
	policy := i.role.Node().FindChild(jsii.String("Policy")).Node().DefaultChild()
	explainWildcards(policy.(awscdk.CfnResource), i.granted)
}

// newIdentity makes a role unless one is given, and the group of constructs that the
// id stands for. A role that is made is the group itself: the job or crawler and the
// grants stand below it, which saves one more call. Only Glue can take the role, and only
// for this account (the confused deputy of
// https://docs.aws.amazon.com/glue/latest/dg/cross-service-confused-deputy-prevention.html).
// AWS's managed AWSGlueServiceRole is not used: it reads and writes every bucket
// whose name begins with aws-glue- and every table.
func newIdentity(scope constructs.Construct, id string, given awsiam.IRole, statements func() []statement) *identity {
	if given != nil {
		return &identity{group: constructs.NewConstruct(scope, &id), role: given}
	}
	rights := statements()
	assume := map[string]any{
		"Effect":    "Allow",
		"Action":    "sts:AssumeRole",
		"Principal": map[string]any{"Service": "glue.amazonaws.com"},
		"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": here().account}},
	}
	made := awsiam.NewCfnRole(scope, &id, &awsiam.CfnRoleProps{
		AssumeRolePolicyDocument: policy([]any{assume}),
		Policies:                 []any{&awsiam.CfnRole_PolicyProperty{PolicyName: jsii.String("Baseline"), PolicyDocument: document(rights)}},
	})
	explainWildcards(made, rights)
	return &identity{group: made, made: made}
}

// property is the role as the property of a Cfn type, which takes a role of either
// kind without a further call for its ARN.
func (i *identity) property() any {
	if i.made != nil {
		return i.made
	}
	return i.role
}

// asRole returns the role for grants. Grants become a policy beside the role, in the
// same stack.
func (i *identity) asRole() awsiam.IRole {
	if i.role == nil {
		i.role = awsiam.Role_FromRoleName(i.group, jsii.String("Grants"), i.made.Ref(), nil)
	}
	return i.role
}

func document(statements []statement) map[string]any {
	list := make([]any, len(statements))
	for i, s := range statements {
		list[i] = s.json()
	}
	return policy(list)
}

func policy(statements []any) map[string]any {
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}

// explainWildcards writes the reasons for wildcards beside the policy, in the form
// in which cdk-nag reads them. The library does not import cdk-nag for it, which would
// be one more module for every app to load.
func explainWildcards(resource awscdk.CfnResource, statements []statement) {
	var rules []any
	for _, s := range statements {
		if s.wildcard == "" {
			continue
		}
		rules = append(rules, map[string]any{"id": "AwsSolutions-IAM5", "reason": s.wildcard, "applies_to": s.findings()})
	}
	if len(rules) > 0 {
		resource.AddMetadata(jsii.String("cdk_nag"), map[string]any{"rules_to_suppress": rules})
	}
}

// findings names the resources with wildcards as cdk-nag does.
func (s statement) findings() []any {
	var list []any
	for _, resource := range s.resources {
		if !strings.Contains(resource, "*") {
			continue
		}
		list = append(list, finding(resource))
	}
	return list
}

// finding is cdk-nag's name for a resource: pseudo parameters stand in angle
// brackets. A bucket's name that is a token is not known here, so that part is left open.
func finding(resource string) any {
	h := here()
	plain := strings.NewReplacer(h.partition, "<AWS::Partition>", h.region, "<AWS::Region>", h.account, "<AWS::AccountId>").Replace(resource)
	if !hasToken(plain) {
		return "Resource::" + plain
	}
	return map[string]any{"regex": "/^Resource::" + openTokens(plain) + "$/g"}
}

// grant adds the statements to what grantee may do.
func grant(grantee awsiam.IGrantable, statements ...statement) {
	principal := grantee.GrantPrincipal() // asked for once here, or Node would have to ask a grantee of ours each time
	for _, s := range statements {
		awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
			Grantee:      principal,
			Actions:      jsii.Strings(s.actions...),
			ResourceArns: jsii.Strings(s.resources...),
		})
	}
	if ours, ok := grantee.(interface{ runsAs() *identity }); ok {
		ours.runsAs().explain(statements...)
	}
}
