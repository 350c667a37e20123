// Package policy writes IAM policies: statements as plain Go values, the ARNs in them
// as tokens, and beside each wildcard the reason for it.
package policy

import (
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

// ExplainWildcards writes the reasons for wildcards beside a policy, in the form in
// which cdk-nag reads them. The library does not import cdk-nag for it, which would be
// one more module for every app to load.
func ExplainWildcards(resource awscdk.CfnResource, statements []Statement) {
	if rules := Reasons(statements); len(rules) > 0 {
		resource.AddMetadata(jsii.String("cdk_nag"), map[string]any{"rules_to_suppress": rules})
	}
}

// Reasons are the entries of cdk-nag's metadata that explain the statements' wildcards.
func Reasons(statements []Statement) []any {
	var rules []any
	for _, s := range statements {
		if s.Wildcard != "" {
			rules = append(rules, map[string]any{"id": "AwsSolutions-IAM5", "reason": s.Wildcard, "applies_to": s.findings()})
		}
	}
	return rules
}

// findings names the resources with wildcards as cdk-nag does.
func (s Statement) findings() []any {
	var list []any
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
