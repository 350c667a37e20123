package fundperformance

import (
	"testing"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

func TestPropsValidate(t *testing.T) {
	const schedule = `; want AWS's cron of six fields, e.g. "cron(0 6 * * ? *)", "none", or nothing`
	network := func(change func(*ExistingNetwork)) Props {
		e := &ExistingNetwork{VPC: "vpc-01234567", Subnets: []string{"subnet-01234567", "subnet-12345678"}, Zone: "eu-west-1a"}
		change(e)
		return Props{Existing: e}
	}
	tests := map[string]struct {
		props Props
		want  string // the whole message; empty if the props are sound
	}{
		"nothing needs to be said": {},
		"everything": {props: Props{
			Schedule: "cron(30 6 ? * MON *)", SampleData: true, Trades: maxTrades, InstanceClass: "db.m7g.large", Dashboards: true, Readers: []string{"fund-analysts"},
		}},
		"a network that is there": {props: network(func(*ExistingNetwork) {})},
		"Unix cron":               {props: Props{Schedule: "0 6 * * *"}, want: `fundperformance.Props.Schedule is "0 6 * * *"` + schedule},
		"fewer than no trades":    {props: Props{SampleData: true, Trades: -1}, want: "fundperformance.Props.Trades is -1; want 1 to 10000000, or 0 for 2000"},
		"too many trades":         {props: Props{SampleData: true, Trades: maxTrades + 1}, want: "fundperformance.Props.Trades is 10000001; want 1 to 10000000, or 0 for 2000"},
		"trades without a sample": {props: Props{Trades: 10}, want: "fundperformance.Props.Trades is 10; want nothing, since there is no SampleData"},
		"an EC2 instance":         {props: Props{InstanceClass: "t4g.small"}, want: `fundperformance.Props.InstanceClass is "t4g.small"; want a class such as db.m7g.large, or nothing`},
		"readers of nothing":      {props: Props{Readers: []string{"all"}}, want: "fundperformance.Props.Readers is [all]; want nobody, since there are no Dashboards"},
		"a reader by path":        {props: Props{Dashboards: true, Readers: []string{"group/default/all"}}, want: `fundperformance.Props.Readers[0] is "group/default/all"; want the name of a group of QuickSight`},
		"a VPC's name":            {props: network(func(e *ExistingNetwork) { e.VPC = "main" }), want: `fundperformance.Props.Existing.VPC is "main"; want the id of a VPC, e.g. "vpc-0123456789abcdef0"`},
		"one subnet":              {props: network(func(e *ExistingNetwork) { e.Subnets = e.Subnets[:1] }), want: "fundperformance.Props.Existing.Subnets is [subnet-01234567]; want at least two private subnets, in two zones"},
		"a subnet's name":         {props: network(func(e *ExistingNetwork) { e.Subnets[1] = "b" }), want: `fundperformance.Props.Existing.Subnets[1] is "b"; want the id of a subnet, e.g. "subnet-0123456789abcdef0"`},
		"a region":                {props: network(func(e *ExistingNetwork) { e.Zone = "eu-west-1" }), want: `fundperformance.Props.Existing.Zone is "eu-west-1"; want the first subnet's zone, e.g. "eu-west-1a"`},
		"every fault is reported": {
			props: Props{Schedule: "daily", Trades: 1},
			want:  `fundperformance.Props.Schedule is "daily"` + schedule + "\nfundperformance.Props.Trades is 1; want nothing, since there is no SampleData",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			checktest.Message(t, test.props.Validate(), test.want)
		})
	}
}

// TestPages holds the dashboard to the columns of its dataset.
func TestPages(t *testing.T) {
	if err := analysis.Validate(); err != nil {
		t.Error(err)
	}
	if err := pages.Validate(); err != nil {
		t.Error(err)
	}
}
