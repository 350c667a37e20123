package emreks

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awseks"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// DefaultKubernetesVersion is the minor version of a cluster that names none. The versions
// in [AddonVersions] belong to it: an add-on that was built for another minor version
// fails when it is made, so both change together.
const DefaultKubernetesVersion = "1.35"

// AddonVersions returns the pinned versions of the add-ons of a new cluster, by EKS's
// names for them, for [DefaultKubernetesVersion]. They are what public infrastructure code
// pinned for that version in the summer of 2026, since no account could be asked when this
// was written; what there is now is told by
// `aws eks describe-addon-versions --kubernetes-version 1.35`, and
// [ClusterProps.AddonVersions] replaces any of them.
func AddonVersions() map[string]string {
	return map[string]string{
		"vpc-cni":                               "v1.22.4-eksbuild.3",
		"coredns":                               "v1.13.2-eksbuild.21",
		"kube-proxy":                            "v1.35.3-eksbuild.21",
		"eks-pod-identity-agent":                "v1.3.10-eksbuild.3",
		"aws-ebs-csi-driver":                    "v1.63.1-eksbuild.1",
		"aws-fsx-csi-driver":                    "v1.9.0-eksbuild.1",
		"metrics-server":                        "v0.9.0-eksbuild.5",
		"aws-secrets-store-csi-driver-provider": "v3.1.3-eksbuild.1",
	}
}

// autoMode are the add-ons whose work EKS does itself in Auto Mode.
var autoMode = []string{"vpc-cni", "coredns", "kube-proxy", "eks-pod-identity-agent", "aws-ebs-csi-driver"}

// beforeNodes are the add-ons that a node needs to become ready. The others need nodes.
var beforeNodes = []string{"vpc-cni", "kube-proxy", "eks-pod-identity-agent"}

// An addon is one EKS add-on: its settings, and the service account that calls AWS.
type addon struct {
	settings map[string]any
	account  string
	managed  string // AWS's managed policy for it
	rights   []policy.Statement
}

// addons are those that have more than a version. Network policies are off in the CNI
// unless asked for; interfaces for pods are what security groups for pods stand on.
func addons() map[string]addon {
	return map[string]addon{
		"vpc-cni": {
			settings: map[string]any{
				"enableNetworkPolicy": "true",
				"env":                 map[string]any{"ENABLE_POD_ENI": "true", "POD_SECURITY_GROUP_ENFORCING_MODE": "standard"},
			},
			account: "aws-node", managed: "AmazonEKS_CNI_Policy",
		},
		"aws-ebs-csi-driver":                    {account: "ebs-csi-controller-sa", managed: "service-role/AmazonEBSCSIDriverPolicy"},
		"aws-fsx-csi-driver":                    {account: "fsx-csi-controller-sa", rights: fsxRights()},
		"aws-secrets-store-csi-driver-provider": {settings: map[string]any{"secrets-store-csi-driver": map[string]any{"syncSecret": map[string]any{"enabled": false}}}},
	}
}

// fsxRights are those of the FSx driver's controller, as
// https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/README.md asks for;
// AWS's managed AmazonFSxFullAccess would let it change every file system of any kind.
func fsxRights() []policy.Statement {
	h := policy.Here()
	return []policy.Statement{
		{Actions: []string{"fsx:DescribeFileSystems"}, Resources: []string{"*"}, Wildcard: "DescribeFileSystems has no narrower form"},
		{
			Actions:   []string{"fsx:CreateFileSystem", "fsx:DeleteFileSystem", "fsx:UpdateFileSystem", "fsx:TagResource"},
			Resources: []string{h.Arn("fsx", "file-system/*")},
			Wildcard:  "the file system does not exist before a claim asks for it",
		},
		{
			Actions:    []string{"iam:CreateServiceLinkedRole"},
			Resources:  []string{h.Global("iam", "role/aws-service-role/fsx."+h.Suffix+"/*"), h.Global("iam", "role/aws-service-role/s3.data-source.lustre.fsx."+h.Suffix+"/*")},
			Conditions: map[string]any{"StringLike": map[string]any{"iam:AWSServiceName": []string{"fsx." + h.Suffix, "s3.data-source.lustre.fsx." + h.Suffix}}},
			Wildcard:   "FSx makes up the last part of the role's name",
		},
	}
}

// installAddons defines the add-ons of a new cluster: first those that a node waits for,
// then the nodes, then those that wait for a node.
func (c *Cluster) installAddons(scope constructs.Construct, versions map[string]string, before bool) []constructs.IDependable {
	var made []constructs.IDependable
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		if slices.Contains(beforeNodes, name) != before || c.Auto && slices.Contains(autoMode, name) {
			continue
		}
		made = append(made, c.installAddon(scope, name, versions[name]))
	}
	return made
}

func (c *Cluster) installAddon(scope constructs.Construct, name, version string) awseks.CfnAddon {
	scope = constructs.NewConstruct(scope, jsii.String(name))
	wanted := addons()[name]
	props := &awseks.CfnAddonProps{
		AddonName: &name, AddonVersion: &version, ClusterName: c.name, ResolveConflicts: jsii.String("OVERWRITE"),
	}
	if wanted.settings != nil {
		props.ConfigurationValues = jsii.String(policy.Text(wanted.settings))
	}
	if wanted.account != "" {
		props.PodIdentityAssociations = []any{&awseks.CfnAddon_PodIdentityAssociationProperty{
			ServiceAccount: &wanted.account, RoleArn: c.addonRole(scope, name, wanted).RoleArn(),
		}}
	}
	return awseks.NewCfnAddon(scope, jsii.String("Resource"), props)
}

// addonRole makes the role that one add-on's service account on this cluster takes.
func (c *Cluster) addonRole(scope constructs.Construct, name string, wanted addon) awsiam.Role {
	var managed []string
	if wanted.managed != "" {
		managed = []string{wanted.managed}
	}
	role := serviceRole(scope, "Role", "pods.eks", "EKS add-on "+name, managed, wanted.rights)
	trust(role, podTrust(c.Arn, "kube-system", []string{wanted.account}))
	return role
}
