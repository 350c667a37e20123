package fundperformance

import (
	"fmt"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/constructs/glue"
	"github.com/lakekeel/lakekeel/internal/check"
)

// Props are the facts about an environment that the fund-performance stack depends on.
type Props struct {
	// Schedule is when the workflow starts, AWS's cron in UTC; if empty, [Schedule]. With
	// [OnDemand] it starts only when it is asked to, which it can be in any case.
	Schedule string

	// SampleData puts the feed that the project ships into the feed's bucket, and lets every run fill the
	// database with the trades that belong to it.
	SampleData bool
	Trades     int // how many of the sample's trades, up to ten million; if zero, 2000

	Existing      *ExistingNetwork // if nil, a network is made
	InstanceClass string           // of the database; if empty, db.t4g.small

	// Dashboards makes the QuickSight dataset and dashboard. The account must have subscribed to QuickSight, and the
	// workflow must have run once: a dataset of a table that is not there fails.
	Dashboards bool
	Readers    []string // groups of QuickSight's default namespace that see the dashboard

	// Local leaves out what the local endpoint does not have: rotation of the password, the log of the
	// network's refused packets, and TLS of the database.
	Local bool

	// DestroyData is this environment's key of two to delete data with the stack. The system's own key is turned.
	DestroyData bool

	Env *awscdk.Environment // if nil, wherever the template is deployed
}

// ExistingNetwork is a VPC that somebody else made. From its subnets there must be a way to S3, Glue,
// KMS, CloudWatch, its logs, Secrets Manager and STS: by endpoints, or NAT.
type ExistingNetwork struct {
	VPC     string   // id, e.g. "vpc-0123456789abcdef0"
	Subnets []string // ids of private subnets in at least two zones
	Zone    string   // of the first subnet, which Glue's jobs and crawlers are put into
}

var (
	vpcID    = regexp.MustCompile(`^vpc-[0-9a-f]{8,17}$`)
	subnetID = regexp.MustCompile(`^subnet-[0-9a-f]{8,17}$`)
	zoneName = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$`)
	class    = regexp.MustCompile(`^db\.[a-z0-9-]+\.[a-z0-9]+$`)
	group    = regexp.MustCompile(`^[\w.+-]{1,256}$`)
)

const maxTrades = 10_000_000

// Validate reports every fault in the props as a [check.Fault]. It touches nothing but
// the props, so it may be called without a CDK app.
func (p Props) Validate() error {
	faults := check.Of("fundperformance.Props")
	if p.Schedule != "" && p.Schedule != OnDemand {
		err := glue.ValidateSchedule(p.Schedule)
		faults.Want(err == nil, "Schedule", p.Schedule, `AWS's cron of six fields, e.g. "`+Schedule+`", "`+OnDemand+`", or nothing`)
	}
	faults.Want(p.Trades >= 0 && p.Trades <= maxTrades, "Trades", p.Trades, "1 to 10000000, or 0 for 2000")
	faults.Want(p.SampleData || p.Trades == 0, "Trades", p.Trades, "nothing, since there is no SampleData")
	faults.Want(p.InstanceClass == "" || class.MatchString(p.InstanceClass), "InstanceClass", p.InstanceClass, "a class such as db.m7g.large, or nothing")
	faults.Want(p.Dashboards || len(p.Readers) == 0, "Readers", p.Readers, "nobody, since there are no Dashboards")
	for i, name := range p.Readers {
		faults.Want(group.MatchString(name), fmt.Sprintf("Readers[%d]", i), name, "the name of a group of QuickSight")
	}
	if e := p.Existing; e != nil {
		faults.Want(vpcID.MatchString(e.VPC), "Existing.VPC", e.VPC, `the id of a VPC, e.g. "vpc-0123456789abcdef0"`)
		faults.Want(len(e.Subnets) >= 2, "Existing.Subnets", e.Subnets, "at least two private subnets, in two zones")
		for i, id := range e.Subnets {
			faults.Want(subnetID.MatchString(id), fmt.Sprintf("Existing.Subnets[%d]", i), id, `the id of a subnet, e.g. "subnet-0123456789abcdef0"`)
		}
		faults.Want(zoneName.MatchString(e.Zone), "Existing.Zone", e.Zone, `the first subnet's zone, e.g. "eu-west-1a"`)
	}
	return faults.Err()
}
