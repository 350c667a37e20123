package emreks

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseks"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// ClusterProps describes a [Cluster].
type ClusterProps struct {
	Name    string // 1 to 50 of letters, digits and "-", unique in the account and region
	Version string // minor version of Kubernetes, e.g. "1.35"; if empty, DefaultKubernetesVersion

	Existing *Network // if nil, a VPC is made
	CIDR     string   // of the VPC that is made, /16 to /20; if empty, 10.0.0.0/16
	Zones    int      // of the VPC that is made, 2 to 4; if zero, 2

	// PublicAccess are the ranges from which the API server can be reached over the
	// internet. If empty, it can be reached from inside the VPC only.
	PublicAccess []string

	Auto       bool        // EKS Auto Mode: AWS runs nodes, network, DNS and block storage
	NodeGroups []NodeGroup // if empty, one on demand and one of Spot; none in Auto Mode

	// AddonVersions replaces versions of [AddonVersions]. A Version other than the
	// default needs all of them.
	AddonVersions map[string]string

	Admins       []awsiam.IRole // who may do everything on the cluster; often a break-glass role
	Key          awskms.IKey    // encrypts Kubernetes secrets and the control plane's log; if nil, one is made
	Placeholders Placeholders   // room that is kept free
	DestroyData  bool           // lets the cluster be deleted; the zero cluster is protected
}

// Cluster is an EKS cluster on which tenants run Spark under EMR. What makes it and what
// a tenant's stack needs of it are CloudFormation's own types; see the package's
// description for the one exception.
type Cluster struct {
	Construct constructs.Construct
	Name      string // as in the props
	Arn       string // a token

	Auto bool // it is in EKS Auto Mode

	Network       Network
	SecurityGroup string // id of EKS's own group of the control plane and of managed nodes; may be a token

	name        *string      // the same as Name, by reference: what uses it comes after the cluster
	issuer      string       // of identity tokens, without https://; may be a token
	pools       bool         // nodes are Karpenter's, that of Auto Mode included
	nodeRole    awsiam.IRole // may be nil of an import
	addresses   addresses
	tenants     *function          // the function Apply
	platform    awscdk.CfnResource // the manifests of the whole cluster; nil if somebody else makes them
	beforeNodes constructs.IDependable
}

// NewCluster defines a cluster in scope. It panics with the error of
// [ClusterProps.Validate] if the props are not sound.
func NewCluster(scope constructs.Construct, id string, props ClusterProps) *Cluster {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	c := &Cluster{Construct: constructs.NewConstruct(scope, &id), Name: props.Name, Auto: props.Auto, pools: props.Auto}
	network, ways := props.network(c.Construct)
	c.Network = network
	c.nodeRole = newNodeRole(c.Construct)
	resource := c.control(props)
	c.name, c.Arn = resource.Ref(), *resource.AttrArn()
	c.issuer = afterScheme(resource.AttrOpenIdConnectIssuerUrl())
	c.SecurityGroup = *resource.AttrClusterSecurityGroupId()
	awsiam.NewCfnOIDCProvider(c.Construct, jsii.String("Issuer"), &awsiam.CfnOIDCProviderProps{
		Url: resource.AttrOpenIdConnectIssuerUrl(), ClientIdList: jsii.Strings("sts.amazonaws.com"),
	})
	c.addAdmins(props.Admins)
	c.addCompute(props)
	c.connect(api{
		cluster: c.name, endpoint: resource.AttrEndpoint(), authority: resource.AttrCertificateAuthorityData(),
		network: c.Network, securityGroup: &c.SecurityGroup, ways: ways,
	}, ServiceCIDR, props.Placeholders, false, true)
	return c
}

// control is the control plane with its key, log and role.
func (c *Cluster) control(props ClusterProps) awseks.CfnCluster {
	key := props.Key
	if key == nil {
		key = awskms.NewKey(c.Construct, jsii.String("Key"), &awskms.KeyProps{
			Description: jsii.String("Secrets and control plane log of EKS cluster " + props.Name), EnableKeyRotation: jsii.Bool(true),
		})
	}
	log := c.controlLog(key)
	managed := []string{"AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController"}
	if props.Auto {
		managed = append(managed, "AmazonEKSComputePolicy", "AmazonEKSBlockStoragePolicy", "AmazonEKSLoadBalancingPolicy", "AmazonEKSNetworkingPolicy")
	}
	role := serviceRole(c.Construct, "Role", "eks", "Control plane of EKS cluster "+props.Name, managed, []policy.Statement{
		{Actions: []string{"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ListGrants"}, Resources: []string{*key.KeyArn()}},
	})
	if props.Auto {
		trust(role, map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"Service": "eks.amazonaws.com"}, "Action": []string{"sts:AssumeRole", "sts:TagSession"},
		}}})
	}
	cluster := awseks.NewCfnCluster(c.Construct, jsii.String("Resource"), props.resource(c, key, role))
	cluster.AddResourceDependency(log, nil)
	return cluster
}

// controlLog is made before EKS makes it, which would be without a key and forever.
func (c *Cluster) controlLog(key awskms.IKey) awslogs.CfnLogGroup {
	h := policy.Here()
	name := "/aws/eks/" + c.Name + "/cluster"
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("logs."+h.Region+".amazonaws.com"), nil)},
		Actions:    jsii.Strings("kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"),
		Resources:  jsii.Strings("*"), // in a key's policy, this key
		Conditions: &map[string]any{"ArnEquals": map[string]any{"kms:EncryptionContext:aws:logs:arn": h.Arn("logs", "log-group:"+name)}},
	}), jsii.Bool(true))
	return awslogs.NewCfnLogGroup(c.Construct, jsii.String("Log"), &awslogs.CfnLogGroupProps{
		LogGroupName: &name, KmsKeyId: key.KeyArn(), RetentionInDays: jsii.Number(365),
	})
}

func (p ClusterProps) resource(c *Cluster, key awskms.IKey, role awsiam.Role) *awseks.CfnClusterProps {
	var logs []any
	for _, kind := range []string{"api", "audit", "authenticator", "controllerManager", "scheduler"} {
		logs = append(logs, map[string]any{"type": kind})
	}
	access := &awseks.CfnCluster_ResourcesVpcConfigProperty{
		SubnetIds:             jsii.Strings(c.Network.ControlSubnets...),
		EndpointPrivateAccess: true,
		EndpointPublicAccess:  len(p.PublicAccess) > 0,
	}
	if len(p.PublicAccess) > 0 {
		access.PublicAccessCidrs = jsii.Strings(p.PublicAccess...)
	}
	network := &awseks.CfnCluster_KubernetesNetworkConfigProperty{ServiceIpv4Cidr: jsii.String(ServiceCIDR), IpFamily: jsii.String("ipv4")}
	props := &awseks.CfnClusterProps{
		Name:    &p.Name,
		Version: jsii.String(cmp.Or(p.Version, DefaultKubernetesVersion)),
		RoleArn: role.RoleArn(),
		// EMR makes its own access entry when a virtual cluster is made, which it can in
		// this mode only; nothing is ever written into the aws-auth map:
		// https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/setting-up-cluster-access.html.
		AccessConfig:               &awseks.CfnCluster_AccessConfigProperty{AuthenticationMode: jsii.String("API_AND_CONFIG_MAP"), BootstrapClusterCreatorAdminPermissions: false},
		BootstrapSelfManagedAddons: false,
		DeletionProtection:         !p.DestroyData,
		// Since Kubernetes 1.28 EKS encrypts all that the API server stores, and no longer
		// looks at which resources are named here.
		EncryptionConfig: []any{&awseks.CfnCluster_EncryptionConfigProperty{
			Provider: &awseks.CfnCluster_ProviderProperty{KeyArn: key.KeyArn()},
		}},
		KubernetesNetworkConfig: network,
		Logging:                 map[string]any{"clusterLogging": map[string]any{"enabledTypes": logs}},
		ResourcesVpcConfig:      access,
		UpgradePolicy:           &awseks.CfnCluster_UpgradePolicyProperty{SupportType: jsii.String("STANDARD")},
		ZonalShiftConfig:        &awseks.CfnCluster_ZonalShiftConfigProperty{Enabled: true},
	}
	if p.Auto {
		props.ComputeConfig = &awseks.CfnCluster_ComputeConfigProperty{Enabled: true, NodePools: jsii.Strings("general-purpose", "system"), NodeRoleArn: c.nodeRole.RoleArn()}
		props.StorageConfig = &awseks.CfnCluster_StorageConfigProperty{BlockStorage: map[string]any{"enabled": true}}
		network.ElasticLoadBalancing = map[string]any{"enabled": true}
	}
	return props
}

func (c *Cluster) addAdmins(admins []awsiam.IRole) {
	scope := constructs.NewConstruct(c.Construct, jsii.String("Admins"))
	for i, admin := range admins {
		newAccessEntry(scope, itoa(i), c.name, admin, "", "AmazonEKSClusterAdminPolicy")
	}
}

// addCompute brings add-ons and nodes in the order in which they need each other.
func (c *Cluster) addCompute(props ClusterProps) {
	versions := AddonVersions()
	maps.Copy(versions, props.AddonVersions)
	scope := constructs.NewConstruct(c.Construct, jsii.String("Addons"))
	if first := c.installAddons(scope, versions, true); len(first) > 0 {
		c.beforeNodes = constructs.NewDependencyGroup(first...)
	}
	groups := props.NodeGroups
	if len(groups) == 0 {
		groups = defaultGroups()
	}
	var nodes []constructs.IDependable
	if !c.Auto {
		for _, group := range groups {
			nodes = append(nodes, newNodeGroup(c.Construct, c, group, ""))
		}
	}
	for _, later := range c.installAddons(scope, versions, false) {
		if len(nodes) > 0 {
			later.(awseks.CfnAddon).Node().AddDependency(nodes...)
		}
	}
}

// connect makes the functions that bring manifests, and the manifests of the whole cluster.
func (c *Cluster) connect(api api, serviceCIDR string, placeholders Placeholders, imported, platformHere bool) {
	first, dns := serviceAddresses(serviceCIDR)
	c.addresses = addresses{api: api.network.ControlCIDRs, dns: dns, service: first}
	group, ingress := newFunctionGroup(c.Construct, api)
	api.ways = append(api.ways, ingress)
	if platformHere {
		bootstrap := newFunction(c.Construct, "Bootstrap", api, group, platformKinds, "", "AmazonEKSClusterAdminPolicy")
		c.platform = bootstrap.apply(c.Construct, "Platform", platform(placeholders.orDefaults(), !imported))
	}
	c.tenants = newFunction(c.Construct, "Apply", api, group, tenantKinds, applierGroup, "")
}

// Apply brings manifests to the cluster and takes them away with the resource that it
// defines in scope. Their kinds must be those that tenants have; the function has no
// rights on others.
func (c *Cluster) Apply(scope constructs.Construct, id string, manifests []Manifest) awscdk.CfnResource {
	for i, manifest := range manifests {
		if kind := fmt.Sprint(manifest["apiVersion"], "/", manifest["kind"]); !slices.Contains(tenantKinds, kind) {
			panic(&check.Fault{Field: fmt.Sprintf("emreks.Cluster.Apply.manifests[%d]", i), Got: kind, Want: check.OneOf(tenantKinds)})
		}
	}
	resource := c.tenants.apply(scope, id, manifests)
	if c.platform != nil {
		resource.Node().AddDependency(c.platform)
	}
	return resource
}

func (p Placeholders) orDefaults() Placeholders {
	return Placeholders{p.Pods, cmp.Or(p.CPU, "4"), cmp.Or(p.Memory, "16Gi"), cmp.Or(p.Image, PauseImage)}
}

// afterScheme is what follows https:// in a URL that is known at deployment only.
func afterScheme(url *string) string {
	return *awscdk.Fn_Select(jsii.Number(1), awscdk.Fn_Split(jsii.String("//"), url, nil))
}

var (
	clusterName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,49}$`)
	minor       = regexp.MustCompile(`^1\.(3[3-9]|[4-9][0-9])$`)
)

const wantClusterName = `1 to 50 of letters, digits and "-"`

// Validate reports every fault in the props as a [check.Fault].
func (p ClusterProps) Validate() error {
	faults := check.Of("emreks.ClusterProps")
	faults.Want(clusterName.MatchString(p.Name), "Name", p.Name, wantClusterName)
	version := cmp.Or(p.Version, DefaultKubernetesVersion)
	faults.Want(minor.MatchString(version), "Version", version, "a minor version from 1.33, e.g. "+DefaultKubernetesVersion)
	p.checkAddons(faults, version)
	p.checkNetwork(faults)
	for i, cidr := range p.PublicAccess {
		wantNarrow(faults, fmt.Sprintf("PublicAccess[%d]", i), cidr)
	}
	faults.Want(!p.Auto || len(p.NodeGroups) == 0, "NodeGroups", len(p.NodeGroups), "none in Auto Mode, which makes nodes as pods need them")
	names := map[string]bool{}
	for i, group := range p.NodeGroups {
		field := fmt.Sprintf("NodeGroups[%d]", i)
		group.check(faults, field)
		faults.Want(!names[group.Name], field+".Name", group.Name, "a name that no other node group has")
		faults.Want(len(group.Zones) == 0, field+".Zones", group.Zones, "none; a managed node group is in the zones of its subnets")
		names[group.Name] = true
	}
	p.Placeholders.check(faults)
	return faults.Err()
}

func (p ClusterProps) checkAddons(faults *check.Faults, version string) {
	known := sorted(AddonVersions())
	for _, name := range sorted(p.AddonVersions) {
		faults.Want(slices.Contains(known, name), "AddonVersions", name, check.Suggest("the name of an add-on that is installed here", name, known))
		faults.Want(p.AddonVersions[name] != "" || version != DefaultKubernetesVersion, fmt.Sprintf("AddonVersions[%q]", name), "", "a version, or no entry for the pinned one")
	}
	if version == DefaultKubernetesVersion {
		return
	}
	for _, name := range known {
		if p.Auto && slices.Contains(autoMode, name) {
			continue
		}
		faults.Want(p.AddonVersions[name] != "", fmt.Sprintf("AddonVersions[%q]", name), p.AddonVersions[name], "the version for Kubernetes "+version+", from: aws eks describe-addon-versions --addon-name "+name+" --kubernetes-version "+version)
	}
}

func (p ClusterProps) checkNetwork(faults *check.Faults) {
	if p.Existing != nil {
		p.Existing.check(faults, "Existing")
		faults.Want(p.CIDR == "", "CIDR", p.CIDR, "nothing; the network exists")
		faults.Want(p.Zones == 0, "Zones", p.Zones, "nothing; the network exists")
		return
	}
	cidr := cmp.Or(p.CIDR, defaultCIDR)
	prefix, err := netip.ParsePrefix(cidr)
	sound := err == nil && prefix == prefix.Masked() && prefix.Addr().Is4() && prefix.Bits() >= 16 && prefix.Bits() <= 20
	faults.Want(sound, "CIDR", cidr, "a range of IPv4 addresses from /16 to /20")
	if sound {
		faults.Want(!prefix.Overlaps(netip.MustParsePrefix(ServiceCIDR)), "CIDR", cidr, "a range apart from "+ServiceCIDR+", which is that of Kubernetes services")
	}
	faults.Want(p.Zones == 0 || p.Zones >= 2 && p.Zones <= 4, "Zones", p.Zones, "2 to 4, or 0 for 2")
}

func (p Placeholders) check(faults *check.Faults) {
	faults.Want(p.Pods >= 0 && p.Pods <= 100, "Placeholders.Pods", p.Pods, "0 to 100")
	d := p.orDefaults()
	wantQuantities(faults, map[string]Quantity{"Placeholders.CPU": d.CPU, "Placeholders.Memory": d.Memory})
}
