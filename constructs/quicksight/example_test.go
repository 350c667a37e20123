package quicksight_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/constructs/quicksight"
	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/constructs/quicksight/report"
)

var stack awscdk.Stack

var orders = dataset.Definition{
	ID: "orders", Name: "Orders",
	Tables: []dataset.Table{{
		Name:    "orders",
		From:    dataset.Relation{Source: "athena", Catalog: "AwsDataCatalog", Schema: "shop", Table: "orders"},
		Columns: []dataset.Column{{Name: "day", Type: dataset.String}, {Name: "region", Type: dataset.String}, {Name: "amount", Type: dataset.Decimal}},
	}},
	Steps: []dataset.Step{
		dataset.Cast{{Column: "day", To: dataset.DateTime, Format: "yyyy-MM-dd"}},
		dataset.Rename{{Column: "day", To: "Order Date"}},
	},
	Refresh: []dataset.Refresh{{ID: "nightly", Every: dataset.Daily, At: "02:00"}},
}

var sales = report.Definition{
	Datasets: []report.Dataset{report.Of(orders)},
	Sheets: []report.Sheet{{ID: "sales", Name: "Sales", Visuals: []report.Visual{
		{ID: "daily", Title: "Sales by day", Chart: report.Line{
			Category: []report.Dimension{{Column: "Order Date"}}, Values: []report.Measure{{Column: "amount"}}, Missing: report.Zero,
		}},
		{ID: "regions", Title: "Sales by region", Chart: report.Bar{
			Category: []report.Dimension{{Column: "region"}}, Values: []report.Measure{{Column: "amount"}}, Sort: []report.Sort{{By: "amount", Descending: true}},
		}},
	}}},
}

// A dataset of Athena, and a dashboard that everybody may look at.
func ExampleNewDashboard() {
	athena := quicksight.NewDataSource(stack, "Athena", quicksight.DataSourceProps{ID: "athena", At: quicksight.Athena{WorkGroup: "reports"}})
	data := quicksight.NewDataset(stack, "Orders", quicksight.DatasetProps{Definition: orders, Sources: []*quicksight.DataSource{athena}})
	quicksight.NewDashboard(stack, "Sales", quicksight.DashboardProps{
		ID: "sales", Name: "Sales", Definition: sales, Datasets: []*quicksight.Dataset{data},
		Access: []quicksight.Access{{To: "namespace/default"}, {To: quicksight.Group("analysts"), As: quicksight.Author}},
	})
}

// A column that isn't there is refused with the nearest that is, without a deployment.
func ExampleDashboardProps_Validate() {
	wrong := sales
	wrong.Sheets = []report.Sheet{{ID: "sales", Name: "Sales", Visuals: []report.Visual{
		{ID: "regions", Chart: report.Pie{Category: []report.Dimension{{Column: "regoin"}}, Values: []report.Measure{{Column: "amount"}}}},
	}}}
	fmt.Println(wrong.Validate())
	// Output:
	// report.Definition.Sheets[0].Visuals[0].Chart.Category[0].Column is "regoin"; want a column of the visual's dataset; nearest is "region"
}
