package test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/apps/lakekeel-app/settings"
	"github.com/lakekeel/lakekeel/apps/lakekeel-app/systems"
	"github.com/lakekeel/lakekeel/internal/cdktest"
	"github.com/lakekeel/lakekeel/stacks/olympics"
)

func olympicsStack(props olympics.Props) awscdk.Stack {
	return olympics.New(awscdk.NewApp(nil), "Olympics", props).Stack
}

func TestOlympics(t *testing.T) {
	stack := olympicsStack(olympics.Props{SampleData: true, Topic: true, Readers: []string{"fans"}})
	cdktest.Nag(t, stack)
	template := cdktest.Synth(t, stack)

	t.Run("each of eight files is a table, a view, a recipe and a table again", func(t *testing.T) {
		template.Count(t, "AWS::Glue::Table", 24)
		for kind, want := range map[string]int{"Dataset": 8, "Recipe": 8, "Job": 8} {
			template.Count(t, "AWS::DataBrew::"+kind, want)
		}
		views := 0
		for _, table := range template.Of("AWS::Glue::Table") {
			if strings.Contains(lakeText(t, table.Properties["TableInput"]), `"TableType":"VIRTUAL_VIEW"`) {
				views++
			}
		}
		if views != 8 {
			t.Errorf("%d views; want 8", views)
		}
	})
	t.Run("a job runs what is published, and comes after it", func(t *testing.T) {
		for id, job := range template.Of("AWS::DataBrew::Job") {
			recipe := lakeText(t, job.Properties["Recipe"])
			if after := strings.Join(job.DependsOn, " "); !strings.Contains(recipe, `"LATEST_PUBLISHED"`) || !strings.Contains(after, "RecipePublished") {
				t.Errorf("%s runs %s after %s", id, recipe, after)
			}
		}
		template.Count(t, "Custom::LakekeelRecipe", 8)
	})
	t.Run("five datasets of one data source, and a topic of them", func(t *testing.T) {
		template.Has(t, "AWS::QuickSight::DataSource", cdktest.Props{"DataSourceId": "athena-olympics", "Type": "ATHENA"})
		template.Count(t, "AWS::QuickSight::DataSet", 5)
		for id, data := range template.Of("AWS::QuickSight::DataSet") {
			if after := strings.Join(data.DependsOn, " "); strings.Count(after, "View") != 8 || !strings.Contains(after, "SampleData") {
				t.Errorf("%s reads before what it reads is there: it waits for %s", id, after)
			}
		}
		id := template.Has(t, "AWS::QuickSight::Topic", cdktest.Props{"TopicId": "olympics"})
		topic := lakeText(t, template.Resources[id].Properties)
		for _, part := range []string{
			`"FilterClass":"CONDITIONAL_VALUE_FILTER","FilterDescription"`, `"EntityName":"Player Profile"`, `"ColumnFriendlyName":"Athlete Birth Date"`,
			`"NotAllowedAggregations":["AVERAGE"]`, `"SemanticType":{"TypeName":"Person"}`, `{"CellValue":"F","Synonyms":["Female","women"]}`,
		} {
			if !strings.Contains(topic, part) {
				t.Errorf("it has no %s", part)
			}
		}
		if got := strings.Count(topic, `"IsIncludedInTopic":false`); got != 3 {
			t.Errorf("%d fields are excluded; want 3", got)
		}
	})
	t.Run("lets no role take another, nor do all of anything", func(t *testing.T) {
		for _, s := range covid19Statements(t, template) {
			if strings.Contains(s.actions, "sts:") || strings.Contains(s.actions, "iam:") || strings.Contains(s.actions, "*") {
				t.Errorf("%s allows %s on %s", s.policy, s.actions, s.resources)
			}
		}
	})
	t.Run("is the template last reviewed", func(t *testing.T) { template.Golden(t, "test/testdata/olympics.json") })
}

func TestOlympicsVariants(t *testing.T) {
	t.Run("without sample and topic", func(t *testing.T) {
		template := cdktest.Synth(t, olympicsStack(olympics.Props{}))
		template.Count(t, "AWS::QuickSight::Topic", 0)
		template.Count(t, "Custom::LakekeelFiles", 0)
		lakeKept(t, template, "Retain")
	})
	t.Run("deletes its data when the environment agrees", func(t *testing.T) {
		lakeKept(t, cdktest.Synth(t, olympicsStack(olympics.Props{DestroyData: true})), "Delete")
	})
}

func TestOlympicsIsAtHomeInEveryPartition(t *testing.T) {
	cdktest.SameInEveryPartition(t, func(env *awscdk.Environment) awscdk.Stack {
		return olympicsStack(olympics.Props{SampleData: true, Topic: true, Env: env})
	})
}

func TestOlympicsRefusesBeforeTouchingTheTree(t *testing.T) {
	app := awscdk.NewApp(nil)
	defer func() {
		if recover() == nil {
			t.Error("it takes readers of nothing")
		}
		if got := len(*app.Node().Children()); got != 0 {
			t.Errorf("it left %d constructs", got)
		}
	}()
	olympics.New(app, "Olympics", olympics.Props{Readers: []string{"fans"}})
}

func TestOlympicsBlock(t *testing.T) {
	const head = `environments:
  - name: Local
    account: "123456789012"
    region: eu-west-1
    release: direct
    olympics: {enabled: true, `
	const at = "environments[0].olympics."
	for block, want := range map[string]string{
		"sampleData: true, topic: true, readers: [fans]": "",
		"sampleData: maybe":                at + `sampleData is "maybe"; want true or false`,
		"readers: [fans]":                  at + "readers is [fans]; want nobody without topic",
		"topic: true, readers: [all fans]": at + `readers[0] is "all fans"; want the name of a group of QuickSight`,
		"topics: true":                     at + `topics is an unknown key; want "topic"`,
	} {
		got := ""
		if _, err := settings.Read("l.yaml", []byte(head+block+"}\n"), systems.All); err != nil {
			_, got, _ = strings.Cut(err.Error(), ": ")
		}
		if got != want {
			t.Errorf("{%s}: the fault is\n%s\nwant\n%s", block, got, want)
		}
	}
}
