package fundperformance

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/constructs/quicksight"
	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/constructs/quicksight/report"
)

const source = "athena-fund-analysis" // id of the data source

// analysis is the dataset Fund-Analysis. A quarter of an hour after they are published, the trades of the last days are there. What has no
// trade has no date either, so ratings, and trades that came late, follow at night.
var analysis = dataset.Definition{
	ID: "Fund-Analysis", Name: "Fund-Analysis",
	Tables: []dataset.Table{{
		Name: "merged", From: dataset.Relation{Source: source, Catalog: "AwsDataCatalog", Schema: catalog, Table: merged},
		Columns: []dataset.Column{
			{Name: "trade_date", Type: dataset.DateTime}, {Name: "customer_name", Type: dataset.String}, {Name: "fund_name", Type: dataset.String},
			{Name: "symbol", Type: dataset.String}, {Name: "buy_sell", Type: dataset.String}, {Name: "trade_amount", Type: dataset.Decimal},
			{Name: "mor_rating_fund_symbol", Type: dataset.String}, {Name: "fund_names", Type: dataset.String}, {Name: "ratings", Type: dataset.Integer},
			{Name: "historical_earnings", Type: dataset.Float}, {Name: "lt_earnings", Type: dataset.Float},
		},
	}},
	Refresh: []dataset.Refresh{
		{ID: "recent-trades", Incremental: true, Every: dataset.Every15Minutes},
		{ID: "everything", Every: dataset.Daily, At: "02:00"},
	},
	Lookback: dataset.Lookback{Column: "trade_date", Size: 3, Unit: dataset.Days},
}

// pages are what the dashboard shows. A rating stands in the row of each of its fund's trades, so numbers of the feed are averaged, never summed.
var pages = report.Definition{
	Datasets: []report.Dataset{report.Of(analysis)},
	Sheets: []report.Sheet{{ID: "funds", Name: "Fund performance", Visuals: []report.Visual{
		{ID: "market", Title: "Market Analysis", Chart: report.Combo{
			Category: []report.Dimension{{Column: "mor_rating_fund_symbol"}},
			Bars:     []report.Measure{{Column: "ratings", Aggregate: report.Average}},
			Lines:    []report.Measure{{Column: "ratings", Aggregate: report.Average}},
		}},
		{ID: "earnings", Title: "Ratings and earnings", Chart: report.Table{
			GroupBy: []report.Dimension{{Column: "mor_rating_fund_symbol"}, {Column: "fund_names"}},
			Values: []report.Measure{
				{Column: "ratings", Aggregate: report.Average}, {Column: "historical_earnings", Aggregate: report.Average}, {Column: "lt_earnings", Aggregate: report.Average},
			},
		}},
		{ID: "daily", Title: "Daily Transactions", Chart: report.Combo{
			Category: []report.Dimension{{Column: "symbol"}}, Bars: []report.Measure{{Column: "trade_amount"}},
		}},
		{ID: "trades", Title: "Trades", Chart: report.Table{
			GroupBy: []report.Dimension{{Column: "trade_date"}, {Column: "customer_name"}, {Column: "fund_name"}, {Column: "symbol"}, {Column: "buy_sell"}},
			Values:  []report.Measure{{Column: "trade_amount"}},
		}},
	}}},
}

// newDashboard makes the dataset, by Athena, and the dashboard, which the groups may read.
func newDashboard(stack awscdk.Stack, readers []string) {
	var access []quicksight.Access
	for _, name := range readers {
		access = append(access, quicksight.Access{To: quicksight.Group(name)})
	}
	athena := quicksight.NewDataSource(stack, "Athena", quicksight.DataSourceProps{ID: source, At: quicksight.Athena{}})
	made := quicksight.NewDataset(stack, "Analysis", quicksight.DatasetProps{Definition: analysis, Sources: []*quicksight.DataSource{athena}})
	quicksight.NewDashboard(stack, "Dashboard", quicksight.DashboardProps{
		ID: "Fund-Analysis", Name: "Fund performance", Definition: pages, Datasets: []*quicksight.Dataset{made}, Access: access,
	})
}
