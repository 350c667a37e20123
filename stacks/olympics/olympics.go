// Package olympics deploys the Olympics topic: published files about the games, cleansed by views and by DataBrew recipes, as five
// datasets of QuickSight of which questions can be asked in plain words.
package olympics

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/databrew"
	"github.com/lakekeel/lakekeel/constructs/glue"
	"github.com/lakekeel/lakekeel/constructs/lake"
	"github.com/lakekeel/lakekeel/constructs/quicksight"
	etl "github.com/lakekeel/lakekeel/etlScripts/olympics"
)

const (
	catalog = "olympics"          // database of the files, as they are, and of the views that cleanse them
	brewed  = "olympics_databrew" // database of what the recipes make of them
)

// Olympics holds the stack.
type Olympics struct {
	Stack awscdk.Stack
	Jobs  []string // DataBrew's, one a table
}

// New defines the Olympics stack. It panics with the error of [Props.Validate] if the props are not sound.
func New(scope constructs.Construct, id string, props Props) *Olympics {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	stack := awscdk.NewStack(scope, &id, &awscdk.StackProps{
		Env: props.Env, Description: jsii.String("Olympics: files about the games, cleansed twice, and a QuickSight topic of them"),
	})
	if props.DestroyData {
		lake.AllowDestroy(stack)
	}
	o := &Olympics{Stack: stack}
	s := newStore(stack, props)
	for _, t := range tables {
		s.table(t)
		o.Jobs = append(o.Jobs, s.brew(t))
	}
	if props.Topic {
		newTopic(stack, props.Readers, s.data)
	}
	awscdk.NewCfnOutput(stack, jsii.String("BucketUri"), &awscdk.CfnOutputProps{Value: jsii.String(s.bucket.URL(""))})
	awscdk.NewCfnOutput(stack, jsii.String("Jobs"), &awscdk.CfnOutputProps{Value: jsii.String(strings.Join(o.Jobs, " "))})
	return o
}

// store is where the files and the tables are.
type store struct {
	stack   awscdk.Stack
	key     *lake.Key
	bucket  *lake.Bucket
	catalog *glue.Database
	brewed  *glue.Database

	data []constructs.IDependable // what must be there before anybody reads a cleansed table
}

func newStore(stack awscdk.Stack, props Props) *store {
	s := &store{stack: stack}
	s.key = lake.NewKey(stack, "Key", lake.KeyProps{Description: "Olympics: the files", DestroyData: true})
	logs := lake.NewAccessLogs(stack, "AccessLogs", lake.AccessLogsProps{})
	s.bucket = lake.NewBucket(stack, "Lake", lake.BucketProps{Stem: "olympics", Key: s.key.Key, AccessLogs: logs, DestroyData: true})
	if props.SampleData {
		files := map[string]string{}
		for _, t := range tables {
			files["sample/"+t.name+".csv"] = t.folder() + t.name + ".csv"
		}
		sample := lake.NewSampleData(stack, "SampleData", lake.SampleDataProps{Bucket: s.bucket, Folder: etl.Files, Files: files})
		s.data = append(s.data, sample.Construct)
	}
	database := func(id, name, description string) *glue.Database {
		return glue.NewDatabase(stack, id, glue.DatabaseProps{Name: name, Description: description, DestroyData: props.DestroyData})
	}
	s.catalog = database("Catalog", catalog, "The Olympic Games: files as published, and views that cleanse them")
	s.brewed = database("Brewed", brewed, "The Olympic Games, cleansed by DataBrew")
	return s
}

// folder holds the file as it was published.
func (t table) folder() string { return "raw/" + t.name + "/" }

// table describes the file, and cleanses it by a view.
func (s *store) table(t table) {
	raw := glue.NewTable(s.stack, "Raw-"+t.name, glue.TableProps{
		Database: s.catalog, Name: "raw_" + t.name, Location: s.bucket.URL(t.folder()), Format: glue.CSV, Columns: t.raw(), Description: "As published",
	})
	view := glue.NewView(s.stack, "View-"+t.name, glue.ViewProps{
		Database: s.catalog, Name: t.name, SQL: t.view(), Columns: t.clean, Description: "Cleansed by SQL",
	})
	s.data = append(s.data, raw.Construct, view.Construct)
}

// brew cleanses the file by a recipe. It returns the job's name.
func (s *store) brew(t table) string {
	name := "olympics-" + strings.ReplaceAll(t.name, "_", "-")
	scope := constructs.NewConstruct(s.stack, jsii.String("Brew-"+t.name))
	folder := "databrew/" + t.name + "/"
	data := databrew.NewDataset(scope, "Dataset", databrew.DatasetProps{Name: name, Bucket: s.bucket.Name(), Folder: t.folder(), Columns: t.header})
	recipe := databrew.NewRecipe(scope, "Recipe", databrew.RecipeProps{Name: name, Description: "Cleanses " + t.name, Columns: t.header, Steps: t.recipe})
	job := databrew.NewJob(scope, "Job", databrew.JobProps{
		Name: name, Dataset: data, Recipe: recipe, Bucket: s.bucket.Name(), Folder: folder, Key: s.key.Key,
	})
	s.bucket.GrantRead(job, t.folder())
	s.bucket.GrantWrite(job, folder)
	glue.NewTable(scope, "Table", glue.TableProps{
		Database: s.brewed, Name: t.name, Location: s.bucket.URL(folder), Format: glue.Parquet, Columns: t.clean, Description: "Cleansed by DataBrew",
	})
	return job.Name
}

// newTopic makes the data source, the datasets and the topic, which the groups may ask. A dataset reads its rows as soon as it is made, so it comes
// after the data.
func newTopic(stack awscdk.Stack, readers []string, data []constructs.IDependable) {
	var access []quicksight.Access
	for _, name := range readers {
		access = append(access, quicksight.Access{To: quicksight.Group(name)})
	}
	athena := quicksight.NewDataSource(stack, "Athena", quicksight.DataSourceProps{ID: source, At: quicksight.Athena{}})
	var made []*quicksight.Dataset
	for _, d := range datasets {
		one := quicksight.NewDataset(stack, "Dataset-"+d.ID, quicksight.DatasetProps{Definition: d, Sources: []*quicksight.DataSource{athena}})
		one.Construct.Node().AddDependency(data...)
		made = append(made, one)
	}
	quicksight.NewTopic(stack, "Topic", quicksight.TopicProps{Definition: subject, Datasets: made, Access: access})
}
