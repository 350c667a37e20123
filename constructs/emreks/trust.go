package emreks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// trust sets who may take a role. The document may be a map, or text that holds tokens
// where a map cannot: in its keys.
func trust(role awsiam.Role, document any) {
	role.Node().DefaultChild().(awsiam.CfnRole).SetAssumeRolePolicyDocument(document)
}

// podTrust lets EKS Pod Identity hand out a role to named service accounts of one
// namespace on one cluster of this account. Without the conditions every cluster whose
// administrator can make an association could hand it out:
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html.
func podTrust(clusterARN, namespace string, accounts []string) map[string]any {
	return map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect":    "Allow",
		"Principal": map[string]any{"Service": "pods.eks.amazonaws.com"},
		"Action":    []string{"sts:AssumeRole", "sts:TagSession"},
		"Condition": map[string]any{"StringEquals": map[string]any{
			"aws:SourceAccount":                         policy.Here().Account,
			"aws:RequestTag/eks-cluster-arn":            clusterARN,
			"aws:RequestTag/kubernetes-namespace":       namespace,
			"aws:RequestTag/kubernetes-service-account": accounts,
		}},
	}}}
}

// webTrust lets the service accounts that EMR makes for one role in one namespace take
// that role, and nobody else. Issuer is without https:// and mostly known at
// deployment only; since it stands in keys, the document is text.
func webTrust(issuer, namespace, role string) string {
	h := policy.Here()
	return policy.Text(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect":    "Allow",
		"Principal": map[string]any{"Federated": h.Global("iam", "oidc-provider/"+issuer)},
		"Action":    "sts:AssumeRoleWithWebIdentity",
		"Condition": map[string]any{
			"StringLike":   map[string]any{issuer + ":sub": "system:serviceaccount:" + namespace + ":" + serviceAccount("*", "*", h.Account, role)},
			"StringEquals": map[string]any{issuer + ":aud": "sts.amazonaws.com"},
		},
	}}})
}

// serviceRole makes a role that one AWS service takes, for this account only.
func serviceRole(scope constructs.Construct, id, service, description string, managed []string, statements []policy.Statement) awsiam.Role {
	var policies []awsiam.IManagedPolicy
	for _, name := range managed {
		policies = append(policies, awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String(name)))
	}
	role := awsiam.NewRole(scope, &id, &awsiam.RoleProps{
		Description:     &description,
		AssumedBy:       awsiam.NewServicePrincipal(jsii.String(service+".amazonaws.com"), nil),
		ManagedPolicies: &policies,
		InlinePolicies:  policy.Inline("Baseline", statements),
	})
	explainWildcards(role, statements)
	policy.ExplainManaged(role.Node().DefaultChild().(awscdk.CfnResource), "AWS keeps this policy in step with what the service does, and asks for it", managed...)
	return role
}

// explainWildcards writes the reasons for wildcards beside the role's policies.
func explainWildcards(role awsiam.Role, statements []policy.Statement) {
	policy.ExplainWildcards(role.Node().DefaultChild().(awscdk.CfnResource), statements)
}
