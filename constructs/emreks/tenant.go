package emreks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseks"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsemrcontainers"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// Identity is how the pods of a job come to the credentials of their execution role.
type Identity int

const (
	// PodIdentity is EKS Pod Identity, which EMR has from release 7.3.0 on:
	// https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/setting-up-enable-IAM.html.
	PodIdentity Identity = iota

	// WebIdentity is a token of the cluster's own issuer, for older releases of EMR.
	WebIdentity
)

// A Secret is one of Secrets Manager that the pods of a tenant find as a file, brought by
// the Secrets Store CSI driver. It is in no environment variable and no Kubernetes secret.
type Secret struct {
	Name string // of the file under /mnt/secrets
	ARN  string // may be a token
}

// TenantProps describes a [Tenant].
type TenantProps struct {
	Name    string // of the team: 1 to 40 of a-z, 0-9 and "-", unique on the cluster
	Cluster *Cluster

	// Namespaces are the team's. Each is the team's name, or begins with it and "-". If
	// empty, one namespace of the team's name.
	Namespaces []string

	Data Data   // what the team's jobs may reach
	Logs string // s3:// URL of a folder for the logs of jobs; if empty, CloudWatch Logs only

	Quota  Quota    // of each namespace
	Limits Limits   // of each container
	Egress []Egress // what else pods may reach: databases, a proxy

	Identity     Identity  // if zero, PodIdentity
	Confidential bool      // jobs encrypt what they send each other and what they spill to disk
	Secrets      []Secret  // files for the pods
	Databases    *Database // security groups for pods, for databases that ask for one

	Sole *NodeGroup     // nodes for this team alone; if nil, it shares the cluster's
	Team []awsiam.IRole // of the people of the team, who may look into its namespaces
}

// Database lets a tenant's pods into databases that admit a security group.
type Database struct {
	SecurityGroups []string // ids, 1 to 5; may be tokens. The first is usually the cluster's own
}

// Tenant is a team on a cluster: in each of its namespaces an EMR virtual cluster, an
// execution role, and the fence around them.
type Tenant struct {
	Construct  constructs.Construct
	Name       string // as in the props
	Namespaces []*Namespace

	props TenantProps // with the defaults in place
}

// Namespace is one namespace of a tenant. It is an awsiam.IGrantable: what is granted to
// it, every job in it may do.
type Namespace struct {
	Name             string
	VirtualClusterID *string
	Role             awsiam.Role // what jobs run as
	RoleName         string      // known at synth, since EMR writes it into service accounts
	LogGroup         string      // of CloudWatch Logs

	// Manifests makes the namespace; what else is brought into it depends on this.
	Manifests awscdk.CfnResource

	tenant *Tenant
	scope  constructs.Construct
}

// GrantPrincipal implements awsiam.IGrantable.
func (n *Namespace) GrantPrincipal() awsiam.IPrincipal { return n.Role }

// NewTenant defines a tenant in scope. It panics with the error of
// [TenantProps.Validate] if the props are not sound.
func NewTenant(scope constructs.Construct, id string, props TenantProps) *Tenant {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	props = props.orDefaults()
	t := &Tenant{Construct: constructs.NewConstruct(scope, &id), Name: props.Name, props: props}
	t.addTeam()
	nodes := t.addNodes()
	for _, name := range props.Namespaces {
		t.Namespaces = append(t.Namespaces, t.newNamespace(name, nodes))
	}
	return t
}

// Namespace returns the tenant's namespace of that name; it panics if there is none.
func (t *Tenant) Namespace(name string) *Namespace {
	for _, n := range t.Namespaces {
		if n.Name == name {
			return n
		}
	}
	panic(&check.Fault{Field: "emreks.Tenant.Namespace", Got: name, Want: check.Suggest("one of "+check.OneOf(t.props.Namespaces), name, t.props.Namespaces)})
}

// addTeam makes the people of the team known to the cluster, as a group of its own.
func (t *Tenant) addTeam() {
	scope := constructs.NewConstruct(t.Construct, jsii.String("Team"))
	for i, role := range t.props.Team {
		newAccessEntry(scope, itoa(i), t.props.Cluster.name, role, teamGroup(t.Name), "")
	}
}

func teamGroup(tenant string) string { return "lakekeel:team:" + tenant }

// addNodes gives a sole tenant its nodes: a group of them, or in Auto Mode a node pool,
// which is a manifest.
func (t *Tenant) addNodes() []Manifest {
	if t.props.Sole == nil {
		return nil
	}
	if t.props.Cluster.Auto {
		return []Manifest{nodePool(*t.props.Sole, t.Name)}
	}
	newNodeGroup(t.Construct, t.props.Cluster, *t.props.Sole, t.Name)
	return nil
}

func (t *Tenant) newNamespace(name string, nodes []Manifest) *Namespace {
	cluster := t.props.Cluster
	n := &Namespace{
		Name: name, RoleName: cluster.Name + "." + name, LogGroup: "/lakekeel/" + cluster.Name + "/" + name,
		tenant: t, scope: constructs.NewConstruct(t.Construct, &name),
	}
	manifests := n.manifests()
	if len(t.Namespaces) == 0 {
		manifests = append(manifests, nodes...) // the pool is the tenant's, not the namespace's: once
	}
	n.Manifests = cluster.Apply(n.scope, "Manifests", manifests)
	log := awslogs.NewCfnLogGroup(n.scope, jsii.String("Log"), &awslogs.CfnLogGroupProps{LogGroupName: &n.LogGroup, RetentionInDays: jsii.Number(90)})
	log.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	n.Role = n.newRole("Role", n.RoleName, "Spark jobs in namespace "+name, append(t.props.Data.rights(), n.baseline()...))
	virtual := awsemrcontainers.NewCfnVirtualCluster(n.scope, jsii.String("Resource"), &awsemrcontainers.CfnVirtualClusterProps{
		Name: jsii.String(cluster.Name + "." + name),
		ContainerProvider: &awsemrcontainers.CfnVirtualCluster_ContainerProviderProperty{
			Id: cluster.name, Type: jsii.String("EKS"),
			Info: &awsemrcontainers.CfnVirtualCluster_ContainerInfoProperty{EksInfo: &awsemrcontainers.CfnVirtualCluster_EksInfoProperty{Namespace: &name}},
		},
		Tags: tags(map[string]string{"lakekeel:tenant": t.Name, "lakekeel:cluster": cluster.Name}),
	})
	virtual.AddResourceDependency(n.Manifests, nil)
	n.VirtualClusterID = virtual.AttrId()
	return n
}

// newRole makes an execution role that only the service accounts of EMR's jobs in this
// namespace can take.
func (n *Namespace) newRole(id, name, description string, rights []policy.Statement) awsiam.Role {
	cluster := n.tenant.props.Cluster
	role := awsiam.NewRole(n.scope, &id, &awsiam.RoleProps{
		RoleName: &name, Description: &description,
		AssumedBy:      awsiam.NewServicePrincipal(jsii.String("pods.eks.amazonaws.com"), nil), // replaced by trust
		InlinePolicies: policy.Inline("Data", rights),
	})
	explainWildcards(role, rights)
	if n.tenant.props.Identity == WebIdentity {
		trust(role, webTrust(cluster.issuer, n.Name, name))
		return role
	}
	var accounts []string
	for _, component := range components {
		account := serviceAccount("spark", component, policy.Here().Account, name)
		accounts = append(accounts, account)
		awseks.NewCfnPodIdentityAssociation(n.scope, jsii.String(id+"-"+component), &awseks.CfnPodIdentityAssociationProps{
			ClusterName: cluster.name, Namespace: &n.Name, ServiceAccount: &account, RoleArn: role.RoleArn(),
		})
	}
	trust(role, podTrust(cluster.Arn, n.Name, accounts))
	return role
}

// baseline is what every job in the namespace needs beside data: logs and secrets.
func (n *Namespace) baseline() []policy.Statement {
	h := policy.Here()
	group := h.Arn("logs", "log-group:"+n.LogGroup)
	all := []policy.Statement{
		{Actions: []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}, Resources: []string{group, group + ":log-stream:*"},
			Wildcard: "a log stream is named after a run, which does not exist yet"},
		{Actions: []string{"logs:DescribeLogGroups"}, Resources: []string{h.Arn("logs", "log-group:*")}, Wildcard: "DescribeLogGroups has no narrower form"},
	}
	if url := n.logs(); url != "" {
		all = append(all, folderRights(url, "s3:GetObject", "s3:PutObject")...)
	}
	var secrets []string
	for _, secret := range n.tenant.props.Secrets {
		secrets = append(secrets, secret.ARN)
	}
	if len(secrets) > 0 {
		all = append(all, policy.Statement{Actions: []string{"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"}, Resources: secrets})
	}
	return all
}

// logs is the folder for the logs of the namespace's jobs, or nothing.
func (n *Namespace) logs() string {
	if n.tenant.props.Logs == "" {
		return ""
	}
	return strings.TrimSuffix(n.tenant.props.Logs, "/") + "/" + n.Name
}

// manifests are all objects of the namespace. The namespace enforces the baseline of
// Pod Security: a pod on the host's network would be outside of every fence.
func (n *Namespace) manifests() []Manifest {
	t, p := n.tenant, n.tenant.props
	namespace := object("v1", "Namespace", "", n.Name)
	labels := namespace["metadata"].(map[string]any)["labels"].(map[string]any)
	labels[tenantLabel] = t.Name
	labels["pod-security.kubernetes.io/enforce"] = "baseline"
	all := append([]Manifest{namespace}, p.Quota.manifests(n.Name)...)
	all = append(all,
		p.Limits.manifest(n.Name),
		fence(n.Name, p.Cluster.addresses, p.Egress),
		binding(n.Name, "emr-containers", emrClusterRole, subject("User", emrUser)),
		binding(n.Name, "team", teamClusterRole, subject("Group", teamGroup(t.Name))),
	)
	if p.Databases != nil {
		all = append(all, securityGroups(n.Name, p.Databases.SecurityGroups))
	}
	if len(p.Secrets) > 0 {
		all = append(all, secretProvider(n.Name, p.Secrets, p.Identity))
	}
	return all
}

// securityGroups puts drivers and executors into security groups of their own.
func securityGroups(namespace string, ids []string) Manifest {
	return with(object("vpcresources.k8s.aws/v1beta1", "SecurityGroupPolicy", namespace, "databases"), map[string]any{"spec": map[string]any{
		"podSelector":    map[string]any{"matchExpressions": []any{map[string]any{"key": "spark-role", "operator": "In", "values": []any{"driver", "executor"}}}},
		"securityGroups": map[string]any{"groupIds": ids},
	}})
}

// secretProvider tells the CSI driver which secrets the pods have as files. What it takes
// as text is YAML, of which JSON is a part.
func secretProvider(namespace string, secrets []Secret, identity Identity) Manifest {
	var objects []any
	for _, secret := range secrets {
		objects = append(objects, map[string]any{"objectName": secret.ARN, "objectType": "secretsmanager", "objectAlias": secret.Name})
	}
	parameters := map[string]any{"objects": policy.Text(objects), "region": policy.Here().Region}
	if identity == PodIdentity {
		parameters["usePodIdentity"] = "true"
	}
	return with(object("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", namespace, "secrets"), map[string]any{
		"spec": map[string]any{"provider": "aws", "parameters": parameters},
	})
}

// namespaces are the tenant's, with the default in place.
func (p TenantProps) namespaces() []string {
	if len(p.Namespaces) == 0 {
		return []string{p.Name}
	}
	return p.Namespaces
}

var (
	tenantName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)
	fileName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$`)
	secretARN  = regexp.MustCompile(`^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+$`)
)

// Validate reports every fault in the props as a [check.Fault].
func (p TenantProps) Validate() error {
	faults := check.Of("emreks.TenantProps")
	faults.Want(tenantName.MatchString(p.Name), "Name", p.Name, `1 to 40 of a-z, 0-9 and "-", beginning and ending with a letter or digit`)
	faults.Want(p.Cluster != nil, "Cluster", nil, "the cluster to be a tenant of")
	p.checkNamespaces(faults)
	p.Data.check(faults, "Data")
	if p.Logs != "" {
		_, _, ok := folder(p.Logs)
		faults.Want(ok, "Logs", p.Logs, "the s3:// URL of a folder, or nothing")
	}
	p.Quota.check(faults)
	p.Limits.check(faults)
	notMore(faults, "Limits.MaxCPU", p.Limits.orDefaults().MaxCPU, "Quota.LimitsCPU", p.Quota.orDefaults().LimitsCPU)
	notMore(faults, "Limits.MaxMemory", p.Limits.orDefaults().MaxMemory, "Quota.LimitsMemory", p.Quota.orDefaults().LimitsMemory)
	for i, e := range p.Egress {
		e.check(faults, fmt.Sprintf("Egress[%d]", i))
	}
	p.checkIdentity(faults)
	p.checkSecrets(faults)
	if p.Sole != nil {
		p.Sole.check(faults, "Sole")
		faults.Want(p.Cluster == nil || p.Cluster.Auto || !p.Cluster.pools, "Sole", p.Sole.Name, "nothing; a Karpenter of one's own has node classes that are not known here")
		faults.Want(p.Cluster == nil || p.Cluster.pools || p.Cluster.nodeRole != nil, "Sole", p.Sole.Name, "a cluster whose node role is known; set ImportProps.NodeRole")
		faults.Want(p.Cluster == nil || p.Cluster.Auto || len(p.Sole.Zones) == 0, "Sole.Zones", p.Sole.Zones, "none; a managed node group is in the zones of its subnets")
	}
	for i, role := range p.Team {
		faults.Want(role != nil, fmt.Sprintf("Team[%d]", i), nil, "a role")
	}
	return faults.Err()
}

// ValidateJob reports every fault of a job of the tenant before either of them is made;
// the job's Tenant is not looked at.
func (p TenantProps) ValidateJob(job JobProps) error {
	planned := p.orDefaults()
	job.Tenant = &Tenant{Name: p.Name, props: planned}
	return job.Validate()
}

func (p TenantProps) orDefaults() TenantProps {
	p.Namespaces = p.namespaces()
	p.Quota, p.Limits = p.Quota.orDefaults(), p.Limits.orDefaults()
	return p
}

func (p TenantProps) checkNamespaces(faults *check.Faults) {
	names := p.namespaces()
	for i, name := range names {
		field := fmt.Sprintf("Namespaces[%d]", i)
		if len(p.Namespaces) == 0 {
			field = "Name"
		}
		faults.Want(label.MatchString(name) || field == "Name", field, name, wantLabel)
		faults.Want(!slices.Contains(reserved, name) && !strings.HasPrefix(name, "kube-"), field, name, "a namespace that is not the system's own")
		faults.Want(name == p.Name || strings.HasPrefix(name, p.Name+"-"), field, name, fmt.Sprintf("%q, or a name that begins with %q", p.Name, p.Name+"-"))
		faults.Want(!slices.Contains(names[:i], name), field, name, "a namespace that is not listed yet")
		if p.Cluster != nil {
			role := p.Cluster.Name + "." + name
			faults.Want(len(role) <= maxRoleName, field, name, fmt.Sprintf("a name that makes a role of at most %d characters; %q has %d", maxRoleName, role, len(role)))
		}
	}
}

func (p TenantProps) checkIdentity(faults *check.Faults) {
	faults.Want(p.Identity == PodIdentity || p.Identity == WebIdentity, "Identity", int(p.Identity), "emreks.PodIdentity or emreks.WebIdentity")
	if p.Identity == WebIdentity && p.Cluster != nil {
		faults.Want(p.Cluster.issuer != "", "Identity", "WebIdentity", "PodIdentity, or ImportProps.Issuer on the cluster")
	}
	if p.Databases != nil {
		ids := p.Databases.SecurityGroups
		faults.Want(p.Cluster == nil || !p.Cluster.Auto, "Databases", ids, "nothing; EKS Auto Mode has no security groups for pods: open the database to the nodes' group and list it in Egress")
		faults.Want(len(ids) >= 1 && len(ids) <= 5, "Databases.SecurityGroups", ids, "1 to 5 ids of security groups")
		for i, id := range ids {
			faults.Want(policy.HasToken(id) || strings.HasPrefix(id, "sg-"), fmt.Sprintf("Databases.SecurityGroups[%d]", i), id, `the id of a security group, "sg-…"`)
		}
	}
}

func (p TenantProps) checkSecrets(faults *check.Faults) {
	names := map[string]bool{}
	for i, secret := range p.Secrets {
		field := fmt.Sprintf("Secrets[%d]", i)
		faults.Want(fileName.MatchString(secret.Name), field+".Name", secret.Name, "the name of a file")
		faults.Want(!names[secret.Name], field+".Name", secret.Name, "a name that no other secret has")
		faults.Want(policy.HasToken(secret.ARN) || secretARN.MatchString(secret.ARN), field+".ARN", secret.ARN, "the ARN of a secret of Secrets Manager")
		names[secret.Name] = true
	}
}
