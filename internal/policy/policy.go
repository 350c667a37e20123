// Package policy writes IAM policies: statements as plain Go values, the ARNs in them
// as tokens, and beside each wildcard the reason for it.
package policy

import (
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
)

// A Statement allows actions on resources.
type Statement struct {
	Actions    []string
	Resources  []string
	Conditions map[string]any // by operator; may be nil

	// Wildcard says why the resources hold a "*", for cdk-nag and for whoever
	// reads the template; empty if they hold none.
	Wildcard string
}

// JSON is a policy document with the statements, for the properties of Cfn types.
func JSON(statements []Statement) map[string]any {
	list := make([]any, len(statements))
	for i, s := range statements {
		list[i] = s.json()
	}
	return Raw(list...)
}

// Raw is a policy document of statements that are already JSON, e.g. one with a Principal.
func Raw(statements ...any) map[string]any {
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}

func (s Statement) json() map[string]any {
	m := map[string]any{"Effect": "Allow", "Action": s.Actions, "Resource": s.Resources}
	if len(s.Conditions) > 0 {
		m["Condition"] = s.Conditions
	}
	return m
}

// Document is a policy document for L2 constructs. It is made in one call to Node,
// where an awsiam.PolicyStatement for each statement would be one each.
func Document(statements []Statement) awsiam.PolicyDocument {
	return awsiam.PolicyDocument_FromJson(JSON(statements))
}

// Inline are the inline policies of a role: one, or none if it allows nothing.
func Inline(name string, statements []Statement) *map[string]awsiam.PolicyDocument {
	if len(statements) == 0 {
		return nil
	}
	return &map[string]awsiam.PolicyDocument{name: Document(statements)}
}

// Trust is the statement by which a service takes a role, for this account only: the
// confused deputy of https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html.
// The service is its name without the DNS suffix, e.g. "glue".
func Trust(service string) map[string]any {
	return map[string]any{
		"Effect":    "Allow",
		"Action":    "sts:AssumeRole",
		"Principal": map[string]any{"Service": service + ".amazonaws.com"},
		"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": Here().Account}},
	}
}

// EncryptLogs is the statement of a key's policy by which CloudWatch Logs encrypts with it
// the log groups whose names match, e.g. "/aws-glue/*". Without it a group does not take
// the key: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html.
func EncryptLogs(groups string) map[string]any {
	return map[string]any{
		"Effect":    "Allow",
		"Principal": map[string]any{"Service": "logs." + Here().Region + ".amazonaws.com"},
		"Action":    []string{"kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"},
		"Resource":  "*", // in a key's policy, this key
		"Condition": map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": Here().Arn("logs", "log-group:"+groups)}},
	}
}

// ExplainWildcards writes the reasons for wildcards beside a policy, in the form in
// which cdk-nag reads them. The library does not import cdk-nag for it, which would be
// one more module for every app to load.
func ExplainWildcards(resource awscdk.CfnResource, statements []Statement) {
	explain(resource, Reasons(statements))
}

// ExplainManaged writes beside a role why it has AWS's own managed policies, by their names.
func ExplainManaged(resource awscdk.CfnResource, reason string, names ...string) {
	var list []any
	for _, name := range names {
		list = append(list, "Policy::arn:<AWS::Partition>:iam::aws:policy/"+name)
	}
	if len(list) > 0 {
		explain(resource, []any{map[string]any{"id": "AwsSolutions-IAM4", "reason": reason, "applies_to": list}})
	}
}

// explain adds to what is there already.
func explain(resource awscdk.CfnResource, rules []any) {
	if len(rules) == 0 {
		return
	}
	if before, ok := resource.GetMetadata(jsii.String("cdk_nag")).(map[string]any); ok {
		there, _ := before["rules_to_suppress"].([]any)
		rules = append(there, rules...)
	}
	resource.AddMetadata(jsii.String("cdk_nag"), map[string]any{"rules_to_suppress": rules})
}

// Reasons are the entries of cdk-nag's metadata that explain the statements' wildcards, one
// for all findings of a reason.
func Reasons(statements []Statement) []any {
	var rules []any
	told := map[string]bool{}
	for _, s := range statements {
		if s.Wildcard == "" || told[s.Wildcard] {
			continue
		}
		told[s.Wildcard] = true
		var findings []any
		for _, other := range statements {
			for _, f := range other.findings() {
				same := func(g any) bool { return reflect.DeepEqual(f, g) }
				if other.Wildcard == s.Wildcard && !slices.ContainsFunc(findings, same) {
					findings = append(findings, f)
				}
			}
		}
		rules = append(rules, map[string]any{"id": "AwsSolutions-IAM5", "reason": s.Wildcard, "applies_to": findings})
	}
	return rules
}

// findings names the actions and resources with wildcards as cdk-nag does.
func (s Statement) findings() []any {
	var list []any
	for _, action := range s.Actions {
		if strings.Contains(action, "*") {
			list = append(list, "Action::"+action)
		}
	}
	for _, resource := range s.Resources {
		if strings.Contains(resource, "*") {
			list = append(list, finding(resource))
		}
	}
	return list
}

// finding is cdk-nag's name for a resource: pseudo parameters stand in angle brackets.
// A bucket's name that is a token is not known here, so that part is left open.
func finding(resource string) any {
	h := Here()
	plain := strings.NewReplacer(h.Partition, "<AWS::Partition>", h.Region, "<AWS::Region>", h.Account, "<AWS::AccountId>").Replace(resource)
	if !HasToken(plain) {
		return "Resource::" + plain
	}
	return map[string]any{"regex": "/^Resource::" + openTokens(plain) + "$/g"}
}
