// Command golang synthesizes stacks of one workflow of seven actions each, with
// the library. Its twins in ../typescript and ../python write the same stacks by
// hand; ../../run.py compares the templates before it measures anything.
//
//	CDK_OUTDIR=out golang 10
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/glue"
	"github.com/lakekeel/lakekeel/internal/jsiienv"
)

func main() {
	if err := jsiienv.OneNode(os.Getenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT")); err != nil {
		log.Fatal(err)
	}
	defer jsii.Close()
	workflows, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	app := awscdk.NewApp(nil)
	for i := range workflows {
		stack(app, fmt.Sprintf("lake%03d", i))
	}
	app.Synth(nil)
}

// stack defines one workflow: a start, four crawlers side by side, a Spark job, an end.
func stack(app awscdk.App, name string) {
	stack := awscdk.NewStack(app, &name, nil)
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	database := glue.NewDatabase(stack, "Database", glue.DatabaseProps{Name: name})
	security := glue.NewSecurityConfiguration(stack, "Security", glue.SecurityConfigurationProps{Name: name, Key: key})
	job := func(action string, kind glue.JobType) *glue.Job {
		return glue.NewJob(stack, action, glue.JobProps{
			Name:                  name + "_" + action,
			Type:                  kind,
			Script:                "s3://scripts/" + action + ".py",
			Arguments:             map[string]string{"database": name},
			SecurityConfiguration: security,
		})
	}
	start, join, end := job("start", glue.PythonShell), job("join", glue.Spark), job("end", glue.PythonShell)
	steps := []glue.Step{{Run: start}}
	var crawlers []string
	for _, table := range []string{"cases", "countries", "hospitals", "people"} {
		crawler := glue.NewCrawler(stack, table, glue.CrawlerProps{
			Name:                  name + "_" + table,
			Database:              database,
			S3Targets:             []string{"s3://source/" + table + "/"},
			SecurityConfiguration: security,
		})
		steps = append(steps, glue.Step{Run: crawler, After: glue.Succeeded(start.Name)})
		crawlers = append(crawlers, crawler.Name)
	}
	steps = append(steps,
		glue.Step{Run: join, After: glue.Succeeded(crawlers...)},
		glue.Step{Run: end, After: glue.Succeeded(join.Name)})
	glue.NewWorkflow(stack, "Workflow", glue.WorkflowProps{
		Name:         name,
		Start:        glue.Schedule("cron(0 10 1 * ? *)"),
		StartTrigger: "t_" + name + "_start",
		Steps:        steps,
	})
}
