package test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/internal/cdktest"
	"github.com/lakekeel/lakekeel/stacks/covid19"
)

func TestCovid19(t *testing.T) {
	stack := covid19.New(awscdk.NewApp(nil), "Covid19", covid19.Props{SampleData: true}).Stack
	cdktest.Nag(t, stack)
	template := cdktest.Synth(t, stack)

	t.Run("has the system's three jobs, four crawlers and seven triggers", func(t *testing.T) {
		covid19Names(t, template, "AWS::Glue::Job", "j_emit_ended_event", "j_emit_start_event", "j_neherlab_denorm")
		covid19Names(t, template, "AWS::Glue::Crawler", "c_neherlab_case_counts", "c_neherlab_country_codes", "c_neherlab_icu_capacity", "c_neherlab_population")
		covid19Names(t, template, "AWS::Glue::Trigger", "t_end", "t_neherlab_case_counts", "t_neherlab_country_codes",
			"t_neherlab_denorm", "t_neherlab_icu_capacity", "t_neherlab_population", "t_start")
		covid19Names(t, template, "AWS::Glue::Workflow", "Covid_19")
	})
	t.Run("starts at 10:00 on the first day of a month", func(t *testing.T) {
		template.Has(t, "AWS::Glue::Trigger", cdktest.Props{"Name": "t_start", "Type": "SCHEDULED", "Schedule": "cron(0 10 1 * ? *)"})
	})
	t.Run("joins when all four crawlers have succeeded", func(t *testing.T) {
		id := template.Has(t, "AWS::Glue::Trigger", cdktest.Props{"Name": "t_neherlab_denorm", "Predicate": cdktest.Props{"Logical": "AND"}})
		conditions := lakeText(t, template.Resources[id].Properties["Predicate"])
		if got := strings.Count(conditions, `"CrawlState":"SUCCEEDED"`); got != 4 {
			t.Errorf("t_neherlab_denorm waits for %d crawlers; want 4: %s", got, conditions)
		}
	})
	t.Run("ends with the script that says ended", func(t *testing.T) {
		for name, script := range map[string]string{"j_emit_start_event": "/emit_start_event.py", "j_emit_ended_event": "/emit_ended_event.py", "j_neherlab_denorm": "/neherlab_denorm.py"} {
			id := template.Has(t, "AWS::Glue::Job", cdktest.Props{"Name": name})
			if command := lakeText(t, template.Resources[id].Properties["Command"]); !strings.Contains(command, script) {
				t.Errorf("%s runs %s; want the script %s", name, command, script)
			}
		}
	})
	t.Run("encrypts what jobs and crawlers write and log", func(t *testing.T) {
		for _, job := range template.Of("AWS::Glue::Job") {
			if job.Properties["SecurityConfiguration"] == nil {
				t.Errorf("%v has no security configuration", job.Properties["Name"])
			}
		}
		for _, crawler := range template.Of("AWS::Glue::Crawler") {
			if crawler.Properties["CrawlerSecurityConfiguration"] == nil {
				t.Errorf("%v has no security configuration", crawler.Properties["Name"])
			}
		}
	})
	t.Run("may put events of its own source on the default bus, and no others", func(t *testing.T) {
		found := 0
		for _, s := range covid19Statements(t, template) {
			if !strings.Contains(s.actions, "events:") {
				continue
			}
			found++
			if s.actions != `"events:PutEvents"` || s.condition != `{"StringEquals":{"events:source":"Covid19 workflow"}}` || !strings.Contains(s.resources, `:event-bus/default"`) {
				t.Errorf("%s allows %s on %s if %s", s.policy, s.actions, s.resources, s.condition)
			}
		}
		if found != 2 {
			t.Errorf("%d roles may put events; want 2", found)
		}
	})
	t.Run("lets no role take another, nor do all of anything, nor anything to all", func(t *testing.T) {
		for _, s := range covid19Statements(t, template) {
			if strings.Contains(s.actions, "sts:") || strings.Contains(s.actions, "iam:") || strings.Contains(s.actions, "*") || s.resources == `"*"` {
				t.Errorf("%s allows %s on %s", s.policy, s.actions, s.resources)
			}
		}
	})
	t.Run("changes no table but its own from the job", func(t *testing.T) {
		for _, s := range covid19Statements(t, template) {
			if strings.HasPrefix(s.policy, "NeherlabDenorm") && strings.Contains(s.actions, "glue:UpdateTable") && strings.Contains(s.resources, "neherlab_case_counts") {
				t.Errorf("%s allows %s on %s", s.policy, s.actions, s.resources)
			}
		}
	})
	t.Run("is the template last reviewed", func(t *testing.T) { template.Golden(t, "test/testdata/covid19.json") })
}

func TestCovid19Variants(t *testing.T) {
	t.Run("on demand", func(t *testing.T) {
		stack := covid19.New(awscdk.NewApp(nil), "Covid19", covid19.Props{Schedule: covid19.OnDemand}).Stack
		cdktest.Synth(t, stack).Has(t, "AWS::Glue::Trigger", cdktest.Props{"Name": "t_start", "Type": "ON_DEMAND"})
	})
	t.Run("reads a source that is there already", func(t *testing.T) {
		key := "arn:aws-cn:kms:cn-north-1:123456789012:key/1-2"
		stack := covid19.New(awscdk.NewApp(nil), "Covid19", covid19.Props{Source: "s3://their-bucket/covid/", SourceKey: key}).Stack
		cdktest.Nag(t, stack)
		template := cdktest.Synth(t, stack)
		template.Has(t, "AWS::Glue::Crawler", cdktest.Props{"Name": "c_neherlab_population", "Targets": cdktest.Props{"S3Targets": []any{cdktest.Props{"Path": "s3://their-bucket/covid/neherlab_population/"}}}})
		template.Count(t, "AWS::S3::Bucket", 3)
		readers := 0
		for _, s := range covid19Statements(t, template) {
			if s.actions == `"kms:Decrypt"` && strings.Contains(s.resources, key) {
				readers++
			}
		}
		if readers != 5 {
			t.Errorf("%d roles may decrypt the source; want 5: four crawlers and the job that joins", readers)
		}
	})
	t.Run("deletes its data when the environment agrees", func(t *testing.T) {
		stack := covid19.New(awscdk.NewApp(nil), "Covid19", covid19.Props{DestroyData: true}).Stack
		cdktest.Nag(t, stack)
		template := cdktest.Synth(t, stack)
		template.Count(t, "Custom::LakekeelEmptied", 3)
		lakeKept(t, template, "Delete")
	})
}

func covid19Names(t *testing.T, template *cdktest.Template, kind string, want ...string) {
	t.Helper()
	var got []string
	for _, r := range template.Of(kind) {
		got = append(got, fmt.Sprint(r.Properties["Name"]))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v; want %v", kind, got, want)
	}
}

type covid19Statement struct{ policy, actions, resources, condition string }

// covid19Statements are what the roles of the template may do; the parts are JSON.
func covid19Statements(t *testing.T, template *cdktest.Template) []covid19Statement {
	t.Helper()
	var list []covid19Statement
	add := func(id string, document any) {
		var policy struct {
			Statement []struct{ Action, Resource, Condition json.RawMessage }
		}
		if err := json.Unmarshal([]byte(lakeText(t, document)), &policy); err != nil {
			t.Fatal(err)
		}
		for _, s := range policy.Statement {
			list = append(list, covid19Statement{id, string(s.Action), string(s.Resource), string(s.Condition)})
		}
	}
	for id, r := range template.Of("AWS::IAM::Policy") {
		add(id, r.Properties["PolicyDocument"])
	}
	for id, r := range template.Of("AWS::IAM::Role") {
		inline, _ := r.Properties["Policies"].([]any)
		for _, p := range inline {
			add(id, p.(map[string]any)["PolicyDocument"])
		}
	}
	return list
}
