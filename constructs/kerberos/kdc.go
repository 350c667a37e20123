package kerberos

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

const (
	day = 24 * time.Hour

	// DefaultInstanceType is that of nodes: 2 vCPU, 4 GiB, in every region.
	DefaultInstanceType = "t3.medium"
)

// KDCProps describes a [KDC].
type KDCProps struct {
	Name   string // 1 to 24 of a-z, 0-9 and "-", unique in the account and region
	Realm  string // in capitals, e.g. "EXAMPLE.COM"; never changes once there is a database
	Domain string // of the clients' hosts, e.g. "example.com"; if empty, the realm in small letters

	Network *Network
	Key     awskms.IKey // encrypts disks, secrets, lease, backups and logs

	Nodes        int           // 2 to 7; if zero, 2
	InstanceType string        // if empty, [DefaultInstanceType]
	Image        string        // name of the Systems Manager parameter with the image's id; if empty, that of the current Amazon Linux 2023
	DiskGiB      int           // of a node, 8 to 1024; if zero, 20
	NodeLife     time.Duration // after which a node is replaced by one of the current image, 1 to 365 days; if zero, 30 days

	// Storage is the file system that the nodes share, for hourly dumps and nothing else: no
	// login and no new principal waits for it. If empty, [EFS].
	Storage Storage

	// Lockout keeps the last success and failure of each principal and locks who fails too
	// often. Each login then writes; the zero KDC writes nothing at a login.
	Lockout bool

	SecretName  string        // folder of the secrets' names; if empty, "kdc/NAME"
	RotateAfter time.Duration // whole days, 1 to 1000; if zero, 365 days

	// DestroyData lets secrets, lease, file system and backups be deleted with the
	// construct. Whoever sets it holds both keys: set it only if the environment agrees.
	DestroyData bool
}

// KDC is a key distribution center of at least two nodes behind one address. It is an
// awsiam.IGrantable: granting to the KDC grants to its nodes.
type KDC struct {
	Construct constructs.Construct
	Role      awsiam.Role // of the nodes

	props    KDCProps // with defaults
	groups   *groups
	balancer *balancer
	files    *fileSystem
	lease    awsdynamodb.CfnTable
	log      awslogs.CfnLogGroup
	topic    awssns.CfnTopic
	secrets  []awssecretsmanager.CfnSecret // all of them
	admin    awssecretsmanager.CfnSecret   // the one that rotates
	document awsssm.CfnDocument
	rotation awslambda.CfnFunction
	guard    awscdk.CfnResource

	bundleURL, clientScript string // in S3

	ready []constructs.IDependable
}

// NewKDC defines a KDC in scope. It panics with the error of [KDCProps.Validate] if the
// props are not sound.
func NewKDC(scope constructs.Construct, id string, props KDCProps) *KDC {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	k := &KDC{Construct: constructs.NewConstruct(scope, &id), props: props.orDefaults()}
	k.allowServices()
	k.addGuard()
	k.groups = newGroups(k.Construct, props.Network)
	k.balancer = newBalancer(k.Construct, props.Network, k.groups, !props.DestroyData)
	k.files = newFileSystem(k.Construct, k.groups, k.props)
	k.addLease()
	k.log = newLog(k.Construct, "Log", props.Key, 365)
	k.topic = newTopic(k.Construct, props.Key)
	k.addSecrets()
	k.addCommands()
	k.addRotation()
	k.addLeaving()
	k.addFiles()
	k.addNodes()
	k.addName()
	alarms := k.addAlarms()
	k.addDashboard(alarms)
	k.addExperiment(alarms["FailedLogins"])
	k.addBackups()
	return k
}

// GrantPrincipal implements awsiam.IGrantable.
func (k *KDC) GrantPrincipal() awsiam.IPrincipal { return k.Role }

// Ready is what must be there before a client can log in: the nodes, each of which has
// told CloudFormation that it serves, and the name.
func (k *KDC) Ready() []constructs.IDependable { return k.ready }

func (p KDCProps) orDefaults() KDCProps {
	p.Domain = cmp.Or(p.Domain, strings.ToLower(p.Realm))
	p.Nodes = cmp.Or(p.Nodes, 2)
	p.InstanceType = cmp.Or(p.InstanceType, DefaultInstanceType)
	p.DiskGiB = cmp.Or(p.DiskGiB, 20)
	p.NodeLife = cmp.Or(p.NodeLife, 30*day)
	p.Storage = cmp.Or(p.Storage, EFS)
	p.SecretName = cmp.Or(p.SecretName, "kdc/"+p.Name)
	p.RotateAfter = cmp.Or(p.RotateAfter, 365*day)
	return p
}

// addLease makes the table that says which node is the primary.
func (k *KDC) addLease() {
	k.lease = awsdynamodb.NewCfnTable(k.Construct, jsii.String("Lease"), &awsdynamodb.CfnTableProps{
		AttributeDefinitions:             []any{&awsdynamodb.CfnTable_AttributeDefinitionProperty{AttributeName: jsii.String(leaseKey), AttributeType: jsii.String("S")}},
		KeySchema:                        []any{&awsdynamodb.CfnTable_KeySchemaProperty{AttributeName: jsii.String(leaseKey), KeyType: jsii.String("HASH")}},
		BillingMode:                      jsii.String("PAY_PER_REQUEST"),
		DeletionProtectionEnabled:        !k.props.DestroyData,
		PointInTimeRecoverySpecification: &awsdynamodb.CfnTable_PointInTimeRecoverySpecificationProperty{PointInTimeRecoveryEnabled: true},
		SseSpecification:                 &awsdynamodb.CfnTable_SSESpecificationProperty{SseEnabled: true, SseType: jsii.String("KMS"), KmsMasterKeyId: k.props.Key.KeyArn()},
	})
	k.lease.ApplyRemovalPolicy(k.props.removal(), nil)
}

// allowServices lets those services use the key that do so in nobody's name.
func (k *KDC) allowServices() {
	here := policy.Here()
	allow := func(sid string, principal awsiam.IPrincipal, actions []string, conditions map[string]any) {
		k.props.Key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("Kdc" + sid), Principals: &[]awsiam.IPrincipal{principal}, Actions: jsii.Strings(actions...),
			Resources: jsii.Strings("*"), Conditions: &conditions, // in a key's policy, this key
		}), jsii.Bool(true))
	}
	service := func(name string) awsiam.IPrincipal { return awsiam.NewServicePrincipal(jsii.String(name), nil) }
	allow("Logs", service("logs."+here.Region+".amazonaws.com"),
		[]string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
		map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": here.Arn("logs", "log-group:*")}})
	allow("Alarms", service("cloudwatch.amazonaws.com"), []string{"kms:Decrypt", "kms:GenerateDataKey*"},
		map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": here.Account}})
	// Auto Scaling encrypts the nodes' disks and speaks to the topic as its own role, which
	// a key's policy cannot name before the account has it:
	// https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html.
	allow("AutoScaling", awsiam.NewAnyPrincipal(),
		[]string{"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
		map[string]any{
			"StringEquals": map[string]any{"kms:CallerAccount": here.Account},
			"ArnEquals":    map[string]any{"aws:PrincipalArn": here.Global("iam", "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling")},
		})
}

var (
	kdcName      = regexp.MustCompile(`^[a-z][a-z0-9-]{0,22}[a-z0-9]$|^[a-z]$`)
	domainName   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
	realmName    = regexp.MustCompile(`^[A-Z0-9]([A-Z0-9-]*[A-Z0-9])?(\.[A-Z0-9]([A-Z0-9-]*[A-Z0-9])?)*$`)
	instanceType = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)
	graviton     = regexp.MustCompile(`^([a-z]+[0-9]+g[a-z]*|a1)$`) // e.g. m7g, t4g, c7gn
	parameter    = regexp.MustCompile(`^/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`)
	secretFolder = regexp.MustCompile(`^[A-Za-z0-9_+=.@-]+(/[A-Za-z0-9_+=.@-]+)*$`)
)

// Validate reports every fault in the props as a [check.Fault]. It touches nothing but
// the props, so it may be called without a CDK app.
func (p KDCProps) Validate() error {
	faults := check.Of("kerberos.KDCProps")
	d := p.orDefaults()
	faults.Want(kdcName.MatchString(p.Name), "Name", p.Name, `1 to 24 of a-z, 0-9 and "-", a letter first and no "-" last`)
	wantRealm(faults, "Realm", p.Realm)
	faults.Want(domainName.MatchString(d.Domain), "Domain", p.Domain, `a domain in small letters, e.g. "example.com", or nothing for the realm's`)
	faults.Want(p.Network != nil, "Network", nil, "a network")
	faults.Want(p.Key != nil, "Key", nil, "a KMS key")
	faults.Want(d.Nodes >= 2 && d.Nodes <= 7, "Nodes", p.Nodes, "2 to 7, or 0 for 2: one node alone is no service while it is replaced")
	faults.Want(instanceType.MatchString(d.InstanceType), "InstanceType", d.InstanceType, `an instance type such as "`+DefaultInstanceType+`"`)
	faults.Want(p.Image == "" || parameter.MatchString(p.Image), "Image", p.Image, `the name of a Systems Manager parameter, e.g. "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64", or nothing for the current image`)
	faults.Want(d.DiskGiB >= 8 && d.DiskGiB <= 1024, "DiskGiB", p.DiskGiB, "8 to 1024 GiB, or 0 for 20")
	wantDays(faults, "NodeLife", d.NodeLife, 365, 30)
	faults.Want(slices.Contains(storages, d.Storage), "Storage", string(p.Storage), check.Suggest(check.OneOf(storages)+`, or nothing for "efs"`, string(p.Storage), storages))
	faults.Want(secretFolder.MatchString(d.SecretName) && len(d.SecretName) <= 200, "SecretName", d.SecretName, `1 to 200 of letters, digits and _+=.@-, in folders by "/"`)
	wantDays(faults, "RotateAfter", d.RotateAfter, 1000, 365)
	return faults.Err()
}

func wantRealm(faults *check.Faults, field, realm string) {
	want := `a realm in capitals, e.g. "EXAMPLE.COM"`
	if upper := strings.ToUpper(realm); upper != realm && realmName.MatchString(upper) {
		want += `; nearest is "` + upper + `"`
	}
	faults.Want(realmName.MatchString(realm), field, realm, want)
}

func wantDays(faults *check.Faults, field string, got time.Duration, most, otherwise int) {
	ok := got%day == 0 && got >= day && got <= time.Duration(most)*day
	faults.Want(ok, field, got, fmt.Sprintf("whole days from 1 to %d, or 0 for %d", most, otherwise))
}
