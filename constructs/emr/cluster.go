package emr

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsemr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

const (
	// DefaultRelease is the release of clusters that name none.
	DefaultRelease = "emr-7.13.0"
	// DefaultInstanceType is that of masters and workers: 4 vCPU, 16 GiB.
	DefaultInstanceType = "m6i.xlarge"
)

// SecretValue is a field of a secret whose value is a JSON object.
type SecretValue struct {
	ARN   string // of the secret; may be a token
	Field string // e.g. "password"
}

// reference is what CloudFormation replaces by the value when it calls EMR:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html.
func (s SecretValue) reference() *string {
	return jsii.String("{{resolve:secretsmanager:" + s.ARN + ":SecretString:" + s.Field + "}}")
}

// Join is who joins a cluster's nodes to the domain of the [Trust].
type Join struct {
	User              string      // e.g. "joiner"
	Password          SecretValue // of the user
	PrincipalPassword SecretValue // of the trust's principal, the same in both realms
}

// Bootstrap is a script that every node runs before EMR installs anything.
type Bootstrap struct {
	Name      string
	Script    string // S3 URL; may be a token
	Arguments []string
	Reads     []string // S3 URLs of what the script fetches; may be tokens
}

// ClusterProps describes a [Cluster].
type ClusterProps struct {
	Name    string // 1 to 256 characters
	Release string // from emr-7.0.0; if empty, [DefaultRelease]

	// Applications are those to install; if empty, Hadoop, Hive and Spark.
	Applications []string

	Masters    int    // 1, or 3 for a cluster that outlives a master; if zero, 1
	MasterType string // if empty, [DefaultInstanceType]
	Workers    int    // 1 to 2000; if zero, 2
	WorkerType string // if empty, [DefaultInstanceType]
	DiskGiB    int    // of each node, besides the root volume, 32 to 16384; if zero, 128

	VPC          string // id; may be a token
	Subnet       string // id of a private subnet, in which all nodes are; may be a token
	ClientGroup  string // security group that lets a node reach the KDC; may be a token
	Security     *SecurityConfiguration
	Realm        string      // of the KDC, in capitals
	KdcAdmin     SecretValue // password of the KDC's administrator
	Join         *Join       // wanted exactly if the security configuration has a trust
	Bootstraps   []Bootstrap
	Logs         string        // folder in S3, e.g. "s3://logs/emr/"; may be a token
	IdleTimeout  time.Duration // after which the cluster ends itself, 1m to 168h; if zero, never
	Unprotected  bool          // whether it may be terminated by a call; the zero cluster is protected
	Tags         map[string]string
	Dependencies []constructs.IDependable // what must be there before nodes can log in
}

// Cluster is an EMR cluster that authenticates against an external KDC. It is an
// awsiam.IGrantable: granting to the cluster grants to its nodes, whose own role reads
// nothing but the bootstrap scripts.
//
// Kerberos also encrypts: Hadoop's RPC and HDFS's transfers have quality "privacy" and Spark
// authenticates and encrypts, whether or not there are certificates.
type Cluster struct {
	Construct constructs.Construct
	ID        string // e.g. "j-1234567890ABC"; a token
	Role      awsiam.Role
}

// NewCluster defines a cluster in scope. It panics with the error of
// [ClusterProps.Validate] if the props are not sound.
func NewCluster(scope constructs.Construct, id string, props ClusterProps) *Cluster {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	props = props.orDefaults()
	c := &Cluster{Construct: constructs.NewConstruct(scope, &id)}
	c.Role = newNodeRole(c.Construct, props)
	profile := awsiam.NewCfnInstanceProfile(c.Construct, jsii.String("Profile"), &awsiam.CfnInstanceProfileProps{Roles: &[]any{c.Role.RoleName()}})
	service := newServiceRole(c.Construct, props, c.Role)
	resource := awsemr.NewCfnCluster(c.Construct, jsii.String("Resource"), &awsemr.CfnClusterProps{
		Name:                  &props.Name,
		ReleaseLabel:          &props.Release,
		Applications:          props.applications(),
		BootstrapActions:      props.bootstraps(),
		Configurations:        configurations(),
		EbsRootVolumeSize:     jsii.Number(32),
		Instances:             props.instances(newGroups(c.Construct, props)),
		JobFlowRole:           profile.Ref(),
		ServiceRole:           service.RoleArn(),
		KerberosAttributes:    props.kerberos(),
		SecurityConfiguration: &props.Security.Name,
		LogUri:                &props.Logs,
		LogEncryptionKmsKeyId: props.Security.Props.Key.KeyArn(),
		ScaleDownBehavior:     jsii.String("TERMINATE_AT_TASK_COMPLETION"),
		Tags:                  props.tags(),
		VisibleToAllUsers:     true,
	})
	if props.IdleTimeout > 0 {
		resource.SetAutoTerminationPolicy(&awsemr.CfnCluster_AutoTerminationPolicyProperty{IdleTimeout: jsii.Number(props.IdleTimeout.Seconds())})
	}
	if props.Masters > 1 {
		// Two masters on one host would fall together.
		resource.SetPlacementGroupConfigs([]any{&awsemr.CfnCluster_PlacementGroupConfigProperty{InstanceRole: jsii.String("MASTER"), PlacementStrategy: jsii.String("SPREAD")}})
	}
	if len(props.Dependencies) > 0 {
		resource.Node().AddDependency(props.Dependencies...)
	}
	waive(resource)
	c.ID = *resource.Ref()
	return c
}

// waive answers two rules of cdk-nag that look for the encryption at the top of a security
// configuration's document, where EMR has none: it is in EncryptionConfiguration.
func waive(resource awsemr.CfnCluster) {
	rules := []any{
		map[string]any{"id": "AwsSolutions-EMR4", "reason": "every security configuration of this package encrypts local disks"},
		map[string]any{"id": "AwsSolutions-EMR5", "reason": "Kerberos encrypts RPC, HDFS and Spark; TLS besides it is SecurityConfigurationProps.Certificates"},
	}
	resource.AddMetadata(jsii.String("cdk_nag"), map[string]any{"rules_to_suppress": rules})
}

// GrantPrincipal implements awsiam.IGrantable.
func (c *Cluster) GrantPrincipal() awsiam.IPrincipal { return c.Role }

func (p ClusterProps) orDefaults() ClusterProps {
	p.Release = cmp.Or(p.Release, DefaultRelease)
	p.Masters, p.MasterType = cmp.Or(p.Masters, 1), cmp.Or(p.MasterType, DefaultInstanceType)
	p.Workers, p.WorkerType = cmp.Or(p.Workers, 2), cmp.Or(p.WorkerType, DefaultInstanceType)
	p.DiskGiB = cmp.Or(p.DiskGiB, 128)
	if len(p.Applications) == 0 {
		p.Applications = []string{"Hadoop", "Hive", "Spark"}
	}
	return p
}

func (p ClusterProps) applications() []any {
	var list []any
	for _, name := range p.Applications {
		list = append(list, &awsemr.CfnCluster_ApplicationProperty{Name: jsii.String(name)})
	}
	return list
}

func (p ClusterProps) bootstraps() []any {
	var list []any
	for _, b := range p.Bootstraps {
		list = append(list, &awsemr.CfnCluster_BootstrapActionConfigProperty{
			Name:                  jsii.String(b.Name),
			ScriptBootstrapAction: &awsemr.CfnCluster_ScriptBootstrapActionConfigProperty{Path: jsii.String(b.Script), Args: jsii.Strings(b.Arguments...)},
		})
	}
	return list
}

// configurations make the applications encrypt by Kerberos; see
// https://hadoop.apache.org/docs/stable/hadoop-project-dist/hadoop-common/SecureMode.html#Data_confidentiality
// and https://spark.apache.org/docs/latest/security.html.
func configurations() []any {
	classification := func(name string, properties map[string]string) any {
		return &awsemr.CfnCluster_ConfigurationProperty{Classification: jsii.String(name), ConfigurationProperties: properties}
	}
	return []any{
		classification("core-site", map[string]string{"hadoop.rpc.protection": "privacy"}),
		classification("hdfs-site", map[string]string{"dfs.encrypt.data.transfer": "true", "dfs.data.transfer.protection": "privacy"}),
		classification("spark-defaults", map[string]string{
			"spark.authenticate": "true", "spark.network.crypto.enabled": "true", "spark.io.encryption.enabled": "true",
		}),
	}
}

func (p ClusterProps) kerberos() *awsemr.CfnCluster_KerberosAttributesProperty {
	attributes := &awsemr.CfnCluster_KerberosAttributesProperty{Realm: &p.Realm, KdcAdminPassword: p.KdcAdmin.reference()}
	if p.Join != nil {
		attributes.AdDomainJoinUser = &p.Join.User
		attributes.AdDomainJoinPassword = p.Join.Password.reference()
		attributes.CrossRealmTrustPrincipalPassword = p.Join.PrincipalPassword.reference()
	}
	return attributes
}

func (p ClusterProps) instances(g groups) *awsemr.CfnCluster_JobFlowInstancesConfigProperty {
	group := func(name string, count int, kind string) *awsemr.CfnCluster_InstanceGroupConfigProperty {
		return &awsemr.CfnCluster_InstanceGroupConfigProperty{
			Name: &name, InstanceCount: jsii.Number(count), InstanceType: &kind, Market: jsii.String("ON_DEMAND"),
			EbsConfiguration: &awsemr.CfnCluster_EbsConfigurationProperty{EbsBlockDeviceConfigs: []any{
				&awsemr.CfnCluster_EbsBlockDeviceConfigProperty{
					VolumesPerInstance:  jsii.Number(1),
					VolumeSpecification: &awsemr.CfnCluster_VolumeSpecificationProperty{VolumeType: jsii.String("gp3"), SizeInGb: jsii.Number(p.DiskGiB)},
				},
			}},
		}
	}
	client := jsii.Strings(p.ClientGroup)
	return &awsemr.CfnCluster_JobFlowInstancesConfigProperty{
		Ec2SubnetId:                    &p.Subnet,
		MasterInstanceGroup:            group("Masters", p.Masters, p.MasterType),
		CoreInstanceGroup:              group("Workers", p.Workers, p.WorkerType),
		EmrManagedMasterSecurityGroup:  g.masters.AttrGroupId(),
		EmrManagedSlaveSecurityGroup:   g.workers.AttrGroupId(),
		ServiceAccessSecurityGroup:     g.service.AttrGroupId(),
		AdditionalMasterSecurityGroups: client,
		AdditionalSlaveSecurityGroups:  client,
		KeepJobFlowAliveWhenNoSteps:    true,
		TerminationProtected:           !p.Unprotected,
		UnhealthyNodeReplacement:       true,
	}
}

// Tag is what lets EMR's service policy touch a resource.
const Tag = "for-use-with-amazon-emr-managed-policies"

func (p ClusterProps) tags() *[]*awscdk.CfnTag {
	all := map[string]string{Tag: "true"}
	maps.Copy(all, p.Tags)
	var list []*awscdk.CfnTag
	for _, key := range slices.Sorted(maps.Keys(all)) {
		list = append(list, &awscdk.CfnTag{Key: jsii.String(key), Value: jsii.String(all[key])})
	}
	return &list
}

// applications that EMR 7 can install, from
// https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-release-7x.html.
var applications = []string{
	"AmazonCloudWatchAgent", "Delta", "Flink", "HBase", "HCatalog", "Hadoop", "Hive", "Hudi", "Hue", "Iceberg", "JupyterEnterpriseGateway",
	"JupyterHub", "Livy", "Oozie", "Phoenix", "Pig", "Presto", "Spark", "Sqoop", "TensorFlow", "Tez", "Trino", "Zeppelin", "ZooKeeper",
}

var (
	release      = regexp.MustCompile(`^emr-7\.[0-9]{1,2}\.[0-9]$`)
	instanceType = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)
	vpcID        = regexp.MustCompile(`^vpc-([0-9a-f]{8}|[0-9a-f]{17})$`)
	subnetID     = regexp.MustCompile(`^subnet-([0-9a-f]{8}|[0-9a-f]{17})$`)
	groupID      = regexp.MustCompile(`^sg-([0-9a-f]{8}|[0-9a-f]{17})$`)
	secretARN    = regexp.MustCompile(`^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$`)
	secretField  = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	folderURL    = regexp.MustCompile(`^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/*\s]+)*/$`)
)

// Validate reports every fault in the props as a [check.Fault]. It touches nothing but
// the props, so it may be called without a CDK app.
func (p ClusterProps) Validate() error {
	faults := check.Of("emr.ClusterProps")
	faults.Want(len(p.Name) >= 1 && len(p.Name) <= 256, "Name", p.Name, "1 to 256 characters")
	d := p.orDefaults()
	faults.Want(release.MatchString(d.Release), "Release", d.Release, "a release of EMR 7 such as "+DefaultRelease)
	for i, name := range p.Applications {
		faults.Want(slices.Contains(applications, name), fmt.Sprintf("Applications[%d]", i), name, check.Suggest("an application of EMR 7", name, applications))
	}
	faults.Want(d.Masters == 1 || d.Masters == 3, "Masters", p.Masters, "1 or 3, or 0 for 1")
	faults.Want(d.Workers >= 1 && d.Workers <= 2000, "Workers", p.Workers, "1 to 2000, or 0 for 2")
	faults.Want(instanceType.MatchString(d.MasterType), "MasterType", d.MasterType, `an instance type such as "`+DefaultInstanceType+`"`)
	faults.Want(instanceType.MatchString(d.WorkerType), "WorkerType", d.WorkerType, `an instance type such as "`+DefaultInstanceType+`"`)
	faults.Want(d.DiskGiB >= 32 && d.DiskGiB <= 16384, "DiskGiB", p.DiskGiB, "32 to 16384 GiB, or 0 for 128")
	p.checkPlace(faults)
	p.checkKerberos(faults)
	for i, b := range p.Bootstraps {
		at := fmt.Sprintf("Bootstraps[%d].", i)
		faults.Want(b.Name != "", at+"Name", b.Name, "a name")
		faults.Want(objectURL.MatchString(b.Script) || policy.HasToken(b.Script), at+"Script", b.Script, "the S3 URL of a script")
		for j, url := range b.Reads {
			faults.Want(objectURL.MatchString(url) || policy.HasToken(url), fmt.Sprintf("%sReads[%d]", at, j), url, "the S3 URL of a file")
		}
	}
	idle := p.IdleTimeout
	faults.Want(idle == 0 || idle%time.Second == 0 && idle >= time.Minute && idle <= 168*time.Hour, "IdleTimeout", idle, "whole seconds from 1m to 168h, or 0 for never")
	return faults.Err()
}

func (p ClusterProps) checkPlace(faults *check.Faults) {
	is := func(field, value string, form *regexp.Regexp, want string) {
		faults.Want(form.MatchString(value) || policy.HasToken(value), field, value, want)
	}
	is("VPC", p.VPC, vpcID, `the id of a VPC, e.g. "vpc-0123456789abcdef0"`)
	is("Subnet", p.Subnet, subnetID, `the id of one private subnet, e.g. "subnet-0123456789abcdef0"`)
	is("ClientGroup", p.ClientGroup, groupID, `the id of a security group, e.g. "sg-0123456789abcdef0"`)
	is("Logs", p.Logs, folderURL, `a folder in S3, e.g. "s3://bucket/emr/"`)
}

func (p ClusterProps) checkKerberos(faults *check.Faults) {
	faults.Want(p.Security != nil, "Security", nil, "a security configuration")
	wantRealm(faults, "Realm", p.Realm)
	p.KdcAdmin.check(faults, "KdcAdmin")
	if p.Security == nil {
		return
	}
	trusts := p.Security.Props.KDC.Trust != nil
	faults.Want(trusts == (p.Join != nil), "Join", p.Join != nil, "who joins the domain, exactly if the security configuration has a trust")
	if p.Join != nil {
		faults.Want(p.Join.User != "", "Join.User", p.Join.User, "a user of the domain")
		p.Join.Password.check(faults, "Join.Password")
		p.Join.PrincipalPassword.check(faults, "Join.PrincipalPassword")
	}
}

func (s SecretValue) check(faults *check.Faults, field string) {
	faults.Want(secretARN.MatchString(s.ARN) || policy.HasToken(s.ARN), field+".ARN", s.ARN, "the ARN of a secret; a password itself would stand in the template")
	faults.Want(secretField.MatchString(s.Field), field+".Field", s.Field, `a field of the secret's JSON, e.g. "password"`)
}
