package covid19

import (
	"testing"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

func TestPropsValidate(t *testing.T) {
	const (
		schedule = `; want AWS's cron of six fields, e.g. "cron(0 10 1 * ? *)", "none", or nothing`
		source   = "; want s3://bucket or s3://bucket/folder, or nothing"
		key      = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
	)
	tests := map[string]struct {
		props Props
		want  string // the whole message; empty if the props are sound
	}{
		"nothing needs to be said":      {},
		"a schedule":                    {props: Props{Schedule: "cron(30 6 ? * MON *)"}},
		"on demand":                     {props: Props{Schedule: OnDemand}},
		"a bucket":                      {props: Props{Source: "s3://their-bucket"}},
		"a folder and a key":            {props: Props{Source: "s3://their-bucket/covid/2020/", SourceKey: key}},
		"Unix cron":                     {props: Props{Schedule: "0 10 1 * *"}, want: `covid19.Props.Schedule is "0 10 1 * *"` + schedule},
		"both days":                     {props: Props{Schedule: "cron(0 10 1 * * *)"}, want: `covid19.Props.Schedule is "cron(0 10 1 * * *)"` + schedule},
		"a path":                        {props: Props{Source: "/data"}, want: `covid19.Props.Source is "/data"` + source},
		"a bucket in capitals":          {props: Props{Source: "s3://Their/x"}, want: `covid19.Props.Source is "s3://Their/x"` + source},
		"an empty folder":               {props: Props{Source: "s3://their//x"}, want: `covid19.Props.Source is "s3://their//x"` + source},
		"a key's alias":                 {props: Props{Source: "s3://their", SourceKey: "alias/x"}, want: `covid19.Props.SourceKey is "alias/x"; want the ARN of a KMS key, or nothing`},
		"a key without a source":        {props: Props{SourceKey: key}, want: `covid19.Props.SourceKey is "` + key + `"; want nothing, since there is no Source: the stack's own bucket has the stack's key`},
		"a sample in somebody's bucket": {props: Props{Source: "s3://their", SampleData: true}, want: "covid19.Props.SampleData is true; want false, since Source is a bucket of somebody else"},
		"every fault is reported": {
			props: Props{Schedule: "monthly", Source: "their"},
			want:  `covid19.Props.Schedule is "monthly"` + schedule + "\n" + `covid19.Props.Source is "their"` + source,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			checktest.Message(t, test.props.Validate(), test.want)
		})
	}
}

func TestSource(t *testing.T) {
	tests := map[string][2]string{
		"s3://bucket":             {"bucket", ""},
		"s3://bucket/":            {"bucket", ""},
		"s3://bucket/covid":       {"bucket", "covid/"},
		"s3://bucket/covid/2020/": {"bucket", "covid/2020/"},
	}
	for source, want := range tests {
		bucket, prefix, ok := Props{Source: source}.source()
		if got := [2]string{bucket, prefix}; got != want || !ok {
			t.Errorf("%s is %v, %v; want %v", source, got, ok, want)
		}
	}
	if _, _, ok := (Props{}).source(); ok {
		t.Error("there is a source without one")
	}
}
