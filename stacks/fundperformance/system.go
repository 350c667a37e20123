package fundperformance

import (
	"github.com/lakekeel/lakekeel/constructs/glue"
	"github.com/lakekeel/lakekeel/internal/config"
	"github.com/lakekeel/lakekeel/internal/system"
)

// System is the fund-performance system as something that an environment can switch on. The names of
// its workflow, catalog, secret and buckets are fixed, so an account and region hold it once.
func System() system.System {
	return system.System{
		Name: "fundperformance",
		Doc:  "Trades of money-market funds in MySQL, joined with a feed of their ratings every day, and a dashboard of both.",
		Once: true,
		New:  func() system.Settings { return &settings{} },
	}
}

// settings is the block fundperformance of an environment; see [Props] for the meaning.
type settings struct {
	props    Props // without the existing network
	existing ExistingNetwork
}

func (s *settings) Fields() []config.Field {
	p, e := &s.props, &s.existing
	return []config.Field{
		{
			Name: "schedule",
			Doc:  "When the workflow starts, in UTC: cron(minutes hours day-of-month month day-of-week year), or none for on demand only. If left out, 06:00 every day.",
			Value: config.Text{
				To: &p.Schedule, Pattern: `^(none|cron\([^()]+\))$`, Check: isSchedule, Default: Schedule,
				Want: `cron(minutes hours day-of-month month day-of-week year) as Glue takes it, e.g. "` + Schedule + `", or none`,
			},
		},
		{Name: "sampleData", Value: config.Flag{To: &p.SampleData},
			Doc: "Whether the feed that ships with the project is put into the feed's bucket, and trades that belong to it into the database. If left out, they are not."},
		{Name: "trades", Value: config.Number{To: &p.Trades, Least: 1, Most: maxTrades, Default: 2000},
			Doc: "How many trades sampleData makes. If left out, 2000."},
		{Name: "instanceClass", Value: config.Text{To: &p.InstanceClass, Pattern: class.String(), Want: "a class such as db.m7g.large", Default: "db.t4g.small"},
			Doc: "What the database runs on. If left out, db.t4g.small."},
		{Name: "existing", Doc: "A network that is there already. If left out, one is made.", Value: config.Block{Fields: []config.Field{
			{Name: "vpc", Required: true, Doc: "Id of the VPC.", Value: config.Text{To: &e.VPC, Pattern: vpcID.String(), Want: "the id of a VPC"}},
			{Name: "subnets", Required: true, Doc: "Ids of private subnets in at least two zones.",
				Value: config.Texts{To: &e.Subnets, Each: config.Text{Pattern: subnetID.String(), Want: "the id of a subnet"}}},
			{Name: "zone", Required: true, Doc: "Zone of the first subnet.", Value: config.Text{To: &e.Zone, Pattern: zoneName.String(), Want: "a zone such as eu-west-1a"}},
		}}},
		{Name: "dashboards", Value: config.Flag{To: &p.Dashboards},
			Doc: "Whether there are a dataset and a dashboard in QuickSight, which the account must have subscribed to. Switch it on after the first run. If left out, there are none."},
		{Name: "readers", Value: config.Texts{To: &p.Readers, Each: config.Text{Pattern: group.String(), Want: "the name of a group of QuickSight"}},
			Doc: "Groups of QuickSight's default namespace that see the dashboard. If left out, nobody does."},
		{Name: "local", Value: config.Flag{To: &p.Local},
			Doc: "Whether rotation of the password, the network's log and TLS of the database are left out, which the local endpoint does not have. If left out, they are there."},
	}
}

func isSchedule(v string) bool { return v == OnDemand || glue.ValidateSchedule(v) == nil }

func (s *settings) Check(doc *config.Document, path string) {
	p := &s.props
	doc.Want(p.SampleData || p.Trades == 0, path+".trades", p.Trades, "nothing without sampleData")
	doc.Want(p.Dashboards || len(p.Readers) == 0, path+".readers", p.Readers, "nobody without dashboards")
	if doc.Has(path + ".existing") {
		p.Existing = &s.existing
		doc.Want(len(s.existing.Subnets) >= 2, path+".existing.subnets", s.existing.Subnets, "at least two subnets, in two zones")
	}
}

func (s *settings) Define(place system.Place) []system.Workflow {
	props := s.props
	props.DestroyData, props.Env = place.DestroyData, place.Env()
	made := New(place.Scope, place.StackID("FundPerformance"), props)
	if !props.SampleData {
		return nil // the stack makes the database, so the first run of its release would find it empty, and fail
	}
	return []system.Workflow{{Name: made.Workflow.Name, Actions: made.Actions}}
}
