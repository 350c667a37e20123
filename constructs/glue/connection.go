package glue

import (
	"regexp"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/batch"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// ConnectionProps describes a [Connection].
type ConnectionProps struct {
	Name        string // 1 to 255 bytes, unique in the account, e.g. "Trade-Analysis"
	Description string // at most 2048 bytes

	// URL is where the database is, jdbc:ENGINE://HOST:PORT/DATABASE; it may hold tokens, and no
	// password, since Glue shows it.
	URL string

	// Secret is the ARN of a secret of Secrets Manager with the keys username and password. It may be a token.
	Secret string
	// SecretKey is the ARN of the KMS key that encrypts the secret; if empty, it is AWS's own.
	SecretKey string

	// PlainText lets what is read cross the network without TLS. Only a database that knows no TLS needs that.
	PlainText bool

	// Subnet, Zone and Groups are where Glue puts the network interface of a run: the subnet's id, its
	// availability zone, and security groups. One of these must let all its members reach each other on every TCP
	// port (https://docs.aws.amazon.com/glue/latest/dg/setup-vpc-for-glue-access.html). They may be tokens.
	Subnet string
	Zone   string
	Groups []string
}

// Connection is how jobs and crawlers reach a database in a VPC: they name it in
// [JobProps.Connections] and [JDBCTarget.Connection]. Who reads through it needs the
// password too, see [Connection.GrantPassword].
type Connection struct {
	Construct constructs.Construct // holds the CfnConnection
	Name      string               // as in the props

	secret, secretKey string
}

// NewConnection defines a connection in scope. It panics with the error of
// [ConnectionProps.Validate] if the props are not sound.
func NewConnection(scope constructs.Construct, id string, props ConnectionProps) *Connection {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	group, _ := batch.Make(scope, []batch.Resource{batch.Group(id), {
		Type: "aws-cdk-lib.aws_glue.CfnConnection",
		ID:   "Resource",
		Props: &awsglue.CfnConnectionProps{
			CatalogId:       jsii.String(policy.Here().Account),
			ConnectionInput: props.input(),
		},
	}})
	return &Connection{Construct: group, Name: props.Name, secret: props.Secret, secretKey: props.SecretKey}
}

func (p ConnectionProps) input() *awsglue.CfnConnection_ConnectionInputProperty {
	return &awsglue.CfnConnection_ConnectionInputProperty{
		Name:           &p.Name,
		Description:    optional(p.Description),
		ConnectionType: jsii.String("JDBC"),
		ConnectionProperties: map[string]string{
			"JDBC_CONNECTION_URL": p.URL, "SECRET_ID": p.Secret, "JDBC_ENFORCE_SSL": strconv.FormatBool(!p.PlainText),
		},
		PhysicalConnectionRequirements: &awsglue.CfnConnection_PhysicalConnectionRequirementsProperty{
			SubnetId: &p.Subnet, AvailabilityZone: &p.Zone, SecurityGroupIdList: jsii.Strings(p.Groups...),
		},
	}
}

// GrantPassword lets grantee read the secret, and nothing else: the right to the connection comes with
// naming it.
func (c *Connection) GrantPassword(grantee awsiam.IGrantable) {
	grant(grantee, policy.Statement{Actions: []string{"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"}, Resources: []string{c.secret}})
	if c.secretKey != "" {
		grant(grantee, policy.Statement{Actions: []string{"kms:Decrypt"}, Resources: []string{c.secretKey}})
	}
}

var (
	jdbcURL   = regexp.MustCompile(`^jdbc:[a-z]+:[^\s]+$`)
	userInURL = regexp.MustCompile(`(?i)(user|password)=|//[^/]*@`)
	secretARN = regexp.MustCompile(`^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:\S+$`)
	keyARN    = regexp.MustCompile(`^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)
	subnetID  = regexp.MustCompile(`^subnet-[0-9a-f]{8,17}$`)
	groupID   = regexp.MustCompile(`^sg-[0-9a-f]{8,17}$`)
	zoneName  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$`)
)

// Validate reports every fault in the props as a [check.Fault]. It touches nothing but
// the props, so it may be called without a CDK app.
func (p ConnectionProps) Validate() error {
	faults := check.Of("glue.ConnectionProps")
	known := func(pattern *regexp.Regexp, field, got, want string) {
		faults.Want(policy.HasToken(got) || pattern.MatchString(got), field, got, want)
	}
	faults.Want(isName(p.Name), "Name", p.Name, wantName)
	faults.Want(isDescription(p.Description), "Description", p.Description, wantDescription)
	if userInURL.MatchString(p.URL) {
		faults.Want(false, "URL", "one with a user or password", "jdbc:ENGINE://HOST:PORT/DATABASE alone; what is secret stands in Secret")
	} else {
		faults.Want(jdbcURL.MatchString(p.URL), "URL", p.URL, "jdbc:ENGINE://HOST:PORT/DATABASE")
	}
	known(secretARN, "Secret", p.Secret, "the ARN of a secret, arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME")
	if p.SecretKey != "" {
		known(keyARN, "SecretKey", p.SecretKey, "the ARN of a KMS key, or nothing")
	}
	known(subnetID, "Subnet", p.Subnet, `the id of a subnet, e.g. "subnet-0123456789abcdef0"`)
	known(zoneName, "Zone", p.Zone, `the subnet's zone, e.g. "eu-west-1a"`)
	faults.Want(len(p.Groups) > 0 && len(p.Groups) <= 50, "Groups", p.Groups, "1 to 50 security groups")
	for i, group := range p.Groups {
		known(groupID, "Groups["+strconv.Itoa(i)+"]", group, `the id of a security group, e.g. "sg-0123456789abcdef0"`)
	}
	return faults.Err()
}
