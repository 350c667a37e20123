package emreks

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseks"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
)

// NodeGroup is a group of alike EC2 instances that EKS manages. On a cluster in Auto Mode
// it becomes a node pool, whose size follows the pods: Min, Desired and DiskGiB mean nothing
// there, and Max counts eights of vCPU, since a pool is bounded by CPU and not by instances.
type NodeGroup struct {
	Name          string   // 1 to 40 of a-z, 0-9 and "-"
	Spot          bool     // spare capacity, which AWS may take back; for executors
	InstanceTypes []string // if empty, m6i.2xlarge (8 vCPU, 32 GiB) and its like; several help Spot
	Min, Max      int      // instances; if Max is zero, 10
	Desired       int      // instances to begin with; if zero, Min
	DiskGiB       int      // root volume, encrypted gp3, 20 to 16,384; if zero, 100
	Zones         []string // names of zones, e.g. "eu-west-1a"; only of a node pool in Auto Mode
	Labels        map[string]string
}

var (
	groupName    = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)
	instanceType = regexp.MustCompile(`^[a-z0-9-]+\.[a-z0-9-]+$`)
	zoneName     = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$`)
)

func (n NodeGroup) check(faults *check.Faults, field string) {
	faults.Want(groupName.MatchString(n.Name), field+".Name", n.Name, `1 to 40 of a-z, 0-9 and "-"`)
	for i, kind := range n.InstanceTypes {
		faults.Want(instanceType.MatchString(kind), fmt.Sprintf("%s.InstanceTypes[%d]", field, i), kind, `an instance type such as "m6i.2xlarge"`)
	}
	most := cmp.Or(n.Max, 10)
	faults.Want(n.Max >= 0 && n.Min >= 0 && n.Min <= most, field+".Min", n.Min, fmt.Sprintf("0 to Max, which is %d", most))
	faults.Want(n.Desired == 0 || n.Desired >= n.Min && n.Desired <= most, field+".Desired", n.Desired, fmt.Sprintf("Min to Max, %d to %d", n.Min, most))
	faults.Want(n.DiskGiB == 0 || n.DiskGiB >= 20 && n.DiskGiB <= 16384, field+".DiskGiB", n.DiskGiB, "20 to 16384 GiB, or 0 for 100")
	for i, zone := range n.Zones {
		faults.Want(zoneName.MatchString(zone), fmt.Sprintf("%s.Zones[%d]", field, i), zone, `a zone such as "eu-west-1a"`)
	}
}

// defaultGroups are the node groups of a cluster that names none: a place for add-ons
// and drivers that nobody takes away, and Spot for executors.
func defaultGroups() []NodeGroup {
	return []NodeGroup{
		{Name: "on-demand", Min: 2, Max: 10},
		{Name: "spot", Spot: true, Min: 0, Max: 50, InstanceTypes: []string{"m6i.2xlarge", "m6a.2xlarge", "m5.2xlarge", "r6i.2xlarge", "r5.2xlarge"}},
	}
}

// newNodeRole makes the role of a cluster's nodes. It has no right on data and none of the
// CNI's, which has a role of its own: what a node may do, whoever breaks out of a pod may.
func newNodeRole(scope constructs.Construct) awsiam.Role {
	return serviceRole(scope, "NodeRole", "ec2", "Nodes of an EKS cluster",
		[]string{"AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"}, nil)
}

// newNodeGroup defines a managed node group. Tenant is empty for nodes that are shared;
// otherwise the nodes take that tenant's pods only, and their cost carries its name.
func newNodeGroup(scope constructs.Construct, c *Cluster, group NodeGroup, tenant string) awseks.CfnNodegroup {
	scope = constructs.NewConstruct(scope, jsii.String("Nodes-"+group.Name))
	most := cmp.Or(group.Max, 10)
	labels := map[string]string{}
	maps.Copy(labels, group.Labels)
	cost := map[string]string{"lakekeel:cluster": c.Name}
	props := &awseks.CfnNodegroupProps{
		ClusterName:   c.name,
		NodeRole:      c.nodeRole.RoleArn(),
		AmiType:       jsii.String("AL2023_x86_64_STANDARD"),
		CapacityType:  jsii.String(capacity(false, group.Spot)),
		InstanceTypes: jsii.Strings(c.instanceTypes(group)...),
		ScalingConfig: &awseks.CfnNodegroup_ScalingConfigProperty{
			MinSize: jsii.Number(group.Min), MaxSize: jsii.Number(most), DesiredSize: jsii.Number(cmp.Or(group.Desired, group.Min)),
		},
		UpdateConfig:     &awseks.CfnNodegroup_UpdateConfigProperty{MaxUnavailablePercentage: jsii.Number(25)},
		NodeRepairConfig: &awseks.CfnNodegroup_NodeRepairConfigProperty{Enabled: true},
	}
	var subnets []any
	for _, id := range c.Network.NodeSubnets {
		subnets = append(subnets, id)
	}
	props.Subnets = &subnets
	if tenant != "" {
		labels[tenantLabel] = tenant
		cost["lakekeel:tenant"] = tenant
		props.Taints = []any{&awseks.CfnNodegroup_TaintProperty{Key: jsii.String(tenantLabel), Value: &tenant, Effect: jsii.String("NO_SCHEDULE")}}
	}
	if len(labels) > 0 {
		props.Labels = labels
	}
	props.LaunchTemplate = newLaunchTemplate(scope, group, cost)
	resource := awseks.NewCfnNodegroup(scope, jsii.String("Resource"), props)
	if c.beforeNodes != nil {
		resource.Node().AddDependency(c.beforeNodes)
	}
	return resource
}

func (c *Cluster) instanceTypes(group NodeGroup) []string {
	if len(group.InstanceTypes) > 0 {
		return group.InstanceTypes
	}
	return []string{"m6i.2xlarge", "m6a.2xlarge", "m5.2xlarge"}
}

// newLaunchTemplate says what a node is. IMDSv2 with a hop limit of 1 answers the node
// and not the pods on it, whose packets take one hop more:
// https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html.
func newLaunchTemplate(scope constructs.Construct, group NodeGroup, cost map[string]string) *awseks.CfnNodegroup_LaunchTemplateSpecificationProperty {
	var specifications []any
	for _, kind := range []string{"instance", "volume", "network-interface"} {
		specifications = append(specifications, &awsec2.CfnLaunchTemplate_TagSpecificationProperty{ResourceType: jsii.String(kind), Tags: tags(cost)})
	}
	template := awsec2.NewCfnLaunchTemplate(scope, jsii.String("Template"), &awsec2.CfnLaunchTemplateProps{
		LaunchTemplateData: &awsec2.CfnLaunchTemplate_LaunchTemplateDataProperty{
			MetadataOptions: &awsec2.CfnLaunchTemplate_MetadataOptionsProperty{
				HttpTokens: jsii.String("required"), HttpPutResponseHopLimit: jsii.Number(1), HttpEndpoint: jsii.String("enabled"),
			},
			BlockDeviceMappings: []any{&awsec2.CfnLaunchTemplate_BlockDeviceMappingProperty{
				DeviceName: jsii.String("/dev/xvda"),
				Ebs: &awsec2.CfnLaunchTemplate_EbsProperty{
					VolumeSize: jsii.Number(cmp.Or(group.DiskGiB, 100)), VolumeType: jsii.String("gp3"), Encrypted: true, DeleteOnTermination: true,
				},
			}},
			TagSpecifications: specifications,
		},
	})
	return &awseks.CfnNodegroup_LaunchTemplateSpecificationProperty{Id: template.Ref(), Version: template.AttrLatestVersionNumber()}
}

// The labels by which nodes say whether AWS may take them back: that of Karpenter, which
// Auto Mode is made of, and that of EKS's managed node groups.
const (
	poolLabel  = "karpenter.sh/capacity-type"
	groupLabel = "eks.amazonaws.com/capacityType"
)

// capacity is the value of that label.
func capacity(pool, spot bool) string {
	return map[[2]bool]string{{true, true}: "spot", {true, false}: "on-demand", {false, true}: "SPOT", {false, false}: "ON_DEMAND"}[[2]bool{pool, spot}]
}

// nodePool is a node group on a cluster in Auto Mode, whose nodes answer no pod's call of
// the metadata service either: that is how EKS's own node class is.
func nodePool(group NodeGroup, tenant string) Manifest {
	requirement := func(key string, values ...string) map[string]any {
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = v
		}
		return map[string]any{"key": key, "operator": "In", "values": list}
	}
	labels := map[string]any{tenantLabel: tenant}
	for key, value := range group.Labels {
		labels[key] = value
	}
	requirements := []any{requirement(poolLabel, capacity(true, group.Spot)), requirement("kubernetes.io/arch", "amd64")}
	if len(group.InstanceTypes) > 0 {
		requirements = append(requirements, requirement("node.kubernetes.io/instance-type", group.InstanceTypes...))
	}
	if len(group.Zones) > 0 {
		requirements = append(requirements, requirement("topology.kubernetes.io/zone", group.Zones...))
	}
	return with(object("karpenter.sh/v1", "NodePool", "", tenant+"-"+group.Name), map[string]any{"spec": map[string]any{
		"limits": map[string]any{"cpu": itoa(8 * cmp.Or(group.Max, 10))},
		"template": map[string]any{
			"metadata": map[string]any{"labels": labels},
			"spec": map[string]any{
				"nodeClassRef": map[string]any{"group": "eks.amazonaws.com", "kind": "NodeClass", "name": "default"},
				"requirements": requirements,
				"taints":       []any{map[string]any{"key": tenantLabel, "value": tenant, "effect": "NoSchedule"}},
			},
		},
	}})
}
