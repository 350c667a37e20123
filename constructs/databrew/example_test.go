package databrew_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/constructs/databrew"
	"github.com/lakekeel/lakekeel/constructs/lake"
)

var (
	stack  awscdk.Stack
	bucket *lake.Bucket
)

// Orders, cleansed into Parquet.
func ExampleNewJob() {
	columns := []string{"id", "kind", "day"}
	orders := databrew.NewDataset(stack, "Orders", databrew.DatasetProps{Name: "orders", Bucket: bucket.Name(), Folder: "raw/orders/", Columns: columns})
	clean := databrew.NewRecipe(stack, "Clean", databrew.RecipeProps{Name: "clean orders", Columns: columns, Steps: []databrew.Step{
		databrew.RemoveMissing{Column: "id"},
		databrew.DeleteDuplicateRows{},
		databrew.ChangeType{Column: "day", To: databrew.Date},
	}})
	job := databrew.NewJob(stack, "Job", databrew.JobProps{Name: "orders", Dataset: orders, Recipe: clean, Bucket: bucket.Name(), Folder: "clean/orders/"})
	bucket.GrantRead(job, "raw/orders/")
	bucket.GrantWrite(job, "clean/orders/")
}

// A column that an earlier step has renamed is refused, with the nearest that is there.
func ExampleRecipeProps_Validate() {
	fmt.Println(databrew.RecipeProps{Name: "clean orders", Columns: []string{"id", "kind"}, Steps: []databrew.Step{
		databrew.Rename{Column: "kind", To: "order_kind"},
		databrew.Delete{"order_knd"},
	}}.Validate())
	// Output:
	// databrew.RecipeProps.Steps[1][0] is "order_knd"; want a column known at this step; nearest is "order_kind"
}
