package emreks

import (
	_ "embed"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseks"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// applyCode is the function that brings manifests to a cluster. It stands in the
// template as it is in the file: no asset, no layer, nothing to build.
//
//go:embed apply/index.py
var applyCode string

// applyTimeout is how long one resource's manifests may take, in seconds: the longest
// that Lambda allows, since removing a namespace waits for the pods in it.
const applyTimeout = 900

// An api is what speaks to a cluster's API server needs to know of it.
type api struct {
	cluster, endpoint, authority *string
	network                      Network
	securityGroup                *string // of the cluster

	// ways are what a call passes on its way there and to CloudFormation. A function needs
	// them to the last: one that cannot answer a deletion holds it up for an hour.
	ways []constructs.IDependable
}

// A function that applies manifests, and what makes it known to the cluster.
type function struct {
	arn   *string
	entry awseks.CfnAccessEntry
}

// newFunction defines a function that may be asked for kinds. It is known to the
// cluster by an access entry, in a Kubernetes group or with an access policy of EKS.
func newFunction(scope constructs.Construct, id string, api api, securityGroup *string, kinds []string, group, accessPolicy string) *function {
	scope = constructs.NewConstruct(scope, &id)
	role := serviceRole(scope, "Role", "lambda", "Brings Kubernetes manifests to an EKS cluster ("+id+")",
		[]string{"service-role/AWSLambdaVPCAccessExecutionRole"}, nil)
	entry := newAccessEntry(scope, "Access", api.cluster, role, group, accessPolicy)
	resource := awslambda.NewCfnFunction(scope, jsii.String("Resource"), &awslambda.CfnFunctionProps{
		Description: jsii.String("Applies Kubernetes manifests for CloudFormation (" + id + ")"),
		Code:        &awslambda.CfnFunction_CodeProperty{ZipFile: &applyCode},
		Handler:     jsii.String("index.handler"),
		Runtime:     jsii.String("python3.14"),
		Role:        role.RoleArn(),
		Timeout:     jsii.Number(applyTimeout),
		MemorySize:  jsii.Number(256),
		Environment: &awslambda.CfnFunction_EnvironmentProperty{Variables: map[string]any{
			"CLUSTER": api.cluster, "ENDPOINT": api.endpoint, "CA": api.authority, "KINDS": policy.Text(kinds),
		}},
		VpcConfig: &awslambda.CfnFunction_VpcConfigProperty{
			SubnetIds:        jsii.Strings(api.network.NodeSubnets...),
			SecurityGroupIds: &[]*string{securityGroup},
		},
	})
	if len(api.ways) > 0 {
		resource.Node().AddDependency(api.ways...)
	}
	return &function{arn: resource.AttrArn(), entry: entry}
}

// newFunctionGroup is the security group of both functions: out to HTTPS, and in to the
// API server of the cluster, by the rule that it also returns.
func newFunctionGroup(scope constructs.Construct, api api) (*string, constructs.IDependable) {
	group := awsec2.NewCfnSecurityGroup(scope, jsii.String("FunctionGroup"), &awsec2.CfnSecurityGroupProps{
		GroupDescription: jsii.String("Functions that apply Kubernetes manifests"),
		VpcId:            api.network.VPC.VpcId(),
		SecurityGroupEgress: []any{map[string]any{
			"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIp": "0.0.0.0/0",
			"description": "the API server, STS and CloudFormation's answer box",
		}},
	})
	ingress := awsec2.NewCfnSecurityGroupIngress(scope, jsii.String("FunctionIngress"), &awsec2.CfnSecurityGroupIngressProps{
		GroupId: api.securityGroup, IpProtocol: jsii.String("tcp"), FromPort: jsii.Number(443), ToPort: jsii.Number(443),
		SourceSecurityGroupId: group.AttrGroupId(), Description: jsii.String("functions that apply Kubernetes manifests"),
	})
	return group.AttrGroupId(), ingress
}

// newAccessEntry makes a role known to a cluster: in a Kubernetes group, with one of
// EKS's access policies, or both.
func newAccessEntry(scope constructs.Construct, id string, cluster *string, role awsiam.IRole, group, accessPolicy string) awseks.CfnAccessEntry {
	props := &awseks.CfnAccessEntryProps{ClusterName: cluster, PrincipalArn: role.RoleArn()}
	if group != "" {
		props.KubernetesGroups = jsii.Strings(group)
	}
	if accessPolicy != "" {
		props.AccessPolicies = []any{&awseks.CfnAccessEntry_AccessPolicyProperty{
			PolicyArn:   jsii.String("arn:" + policy.Here().Partition + ":eks::aws:cluster-access-policy/" + accessPolicy),
			AccessScope: &awseks.CfnAccessEntry_AccessScopeProperty{Type: jsii.String("cluster")},
		}}
	}
	return awseks.NewCfnAccessEntry(scope, &id, props)
}

// apply defines the resource that stands for manifests. They cross to the function as
// one text, because CloudFormation turns the numbers and booleans of a custom resource
// into strings.
func (f *function) apply(scope constructs.Construct, id string, manifests []Manifest) awscdk.CfnResource {
	resource := awscdk.NewCfnResource(scope, &id, &awscdk.CfnResourceProps{
		Type: jsii.String("Custom::KubernetesManifests"),
		Properties: &map[string]any{
			"ServiceToken":   f.arn,
			"ServiceTimeout": applyTimeout,
			"Manifests":      policy.Text(manifests),
		},
	})
	resource.Node().AddDependency(f.entry)
	return resource
}
