package test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/quicksight"
	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/constructs/quicksight/report"
	"github.com/lakekeel/lakekeel/constructs/quicksight/topic"
	"github.com/lakekeel/lakekeel/internal/cdktest"
)

// quicksightTrades is a dataset of one table.
func quicksightTrades() dataset.Definition {
	return dataset.Definition{
		ID: "trades", Name: "Trades",
		Tables: []dataset.Table{{Name: "trades", From: dataset.Relation{Source: "athena", Catalog: "AwsDataCatalog", Schema: "trades", Table: "trades"}, Columns: []dataset.Column{
			{Name: "day", Type: dataset.String}, {Name: "fund", Type: dataset.String}, {Name: "amount", Type: dataset.Decimal}, {Name: "country", Type: dataset.String},
		}}},
		Steps:    []dataset.Step{dataset.Cast{{Column: "day", To: dataset.DateTime, Format: "yyyy-MM-dd"}}, dataset.Rename{{Column: "day", To: "Trade Date"}}},
		Columns:  []dataset.About{{Column: "country", Place: dataset.Country}},
		Refresh:  []dataset.Refresh{{ID: "often", Incremental: true, Every: dataset.Every15Minutes}, {ID: "nightly", Every: dataset.Daily, At: "02:00"}},
		Lookback: dataset.Lookback{Column: "Trade Date", Size: 2, Unit: dataset.Days},
	}
}

// quicksightReport is a definition with every kind of chart, filter, parameter and control.
func quicksightReport() report.Definition {
	amount := []report.Measure{{Column: "amount"}}
	least := 0.0
	return report.Definition{
		Datasets:   []report.Dataset{report.Of(quicksightTrades())},
		Calculated: []report.Calculated{{Name: "net", Type: dataset.Decimal, Expression: "{amount} * ${rate}"}},
		Parameters: []report.Parameter{
			{Name: "rate", Type: dataset.Decimal, Defaults: []string{"0.8"}}, {Name: "fund", Type: dataset.String, Many: true, Defaults: []string{"A", "B"}},
			{Name: "since", Type: dataset.DateTime, Rolling: "truncDate('MM', now())"}, {Name: "top", Type: dataset.Integer, Defaults: []string{"10"}},
		},
		Filters: []report.Filter{
			{ID: "funds", Column: "fund", Match: report.OneOf{}},
			{ID: "since", Column: "Trade Date", Match: report.Between{FromParameter: "since"}, On: []report.Scope{{Sheet: "overview", Visuals: []string{"daily"}}}},
			{ID: "recent", Column: "Trade Date", Match: report.Recent{Last: 30, Unit: report.Day}, On: []report.Scope{{Sheet: "detail"}}},
			{ID: "paid", Column: "amount", Match: report.Range{Least: &least}},
			{ID: "best", Column: "fund", Match: report.Top{Limit: 10, By: report.Measure{Column: "amount"}}},
			{ID: "chosen", Column: "fund", Match: report.Compare{Parameter: "fund"}, Off: true},
		},
		Sheets: []report.Sheet{
			{
				ID: "overview", Name: "Overview", Title: "Trades",
				Visuals: []report.Visual{
					{ID: "total", Title: "Total", Chart: report.KPI{Values: amount, Trend: []report.Dimension{{Column: "Trade Date", By: report.Month}}}, At: report.Box{Width: 12, Height: 6}},
					{ID: "share", Title: "Share", Chart: report.Pie{Category: []report.Dimension{{Column: "fund"}}, Values: amount, Limit: 10}, At: report.Box{Column: 12, Width: 12, Height: 6}},
					{ID: "where", Title: "Where", Chart: report.FilledMap{Place: []report.Dimension{{Column: "country"}}, Values: amount}, At: report.Box{Column: 24, Width: 12, Height: 6}},
					{ID: "daily", Title: "Daily", Chart: report.Line{Category: []report.Dimension{{Column: "Trade Date"}}, Values: amount, Right: []report.Measure{{Column: "net", Aggregate: report.Average}},
						Missing: report.Zero, MissingRight: report.Continuous, Points: 366}},
					{ID: "areas", Title: "Areas", Chart: report.Line{Category: []report.Dimension{{Column: "Trade Date", By: report.Week}}, Values: amount, Colors: []report.Dimension{{Column: "fund"}}, Fill: report.StackedArea}},
					{ID: "funds", Title: "Funds", Chart: report.Bar{Category: []report.Dimension{{Column: "fund"}}, Values: amount, Sort: []report.Sort{{By: "amount", Descending: true}}},
						Links: []report.Link{{Name: "Show its trades", Sheet: "detail", Set: []report.Set{{Parameter: "fund", Field: "fund"}}}}},
					{ID: "market", Title: "Market", Chart: report.Combo{Category: []report.Dimension{{Column: "fund"}}, Bars: amount, Lines: []report.Measure{{Column: "country", Aggregate: report.DistinctCount}}}},
				},
				Controls: []report.Control{
					{ID: "pick-funds", Title: "Fund", Filter: "funds", Kind: report.Dropdown}, {ID: "pick-since", Title: "Since", Parameter: "since", Kind: report.DatePicker},
					{ID: "pick-top", Title: "Top", Parameter: "top", Kind: report.Slider, Least: 1, Most: 50, By: 1}, {ID: "pick-fund", Title: "Chosen", Parameter: "fund", Kind: report.List, Column: "fund"},
				},
			},
			{
				ID: "detail", Name: "Detail",
				Visuals: []report.Visual{
					{ID: "rows", Title: "Trades", Chart: report.Table{Rows: []string{"Trade Date", "fund", "amount"}}},
					{ID: "groups", Title: "By fund", Chart: report.Table{GroupBy: []report.Dimension{{Column: "fund"}}, Values: amount}},
					{ID: "cross", Title: "By fund and month", Chart: report.PivotTable{Rows: []report.Dimension{{Column: "fund"}}, Columns: []report.Dimension{{Column: "Trade Date", By: report.Month}}, Values: amount}},
					{ID: "spread", Title: "Spread", Chart: report.Histogram{Column: "amount", Bins: 20}},
				},
				Texts: []report.Text{{ID: "note", Content: "<text-box>All amounts in EUR</text-box>"}},
			},
		},
	}
}

// quicksightEverything is a stack with one of each.
func quicksightEverything() awscdk.Stack {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("QuickSight"), nil)
	authors := []quicksight.Access{{To: quicksight.Group("analysts"), As: quicksight.Author}, {To: quicksight.Group("admins"), As: quicksight.Owner}}
	folder := quicksight.NewFolder(stack, "Folder", quicksight.FolderProps{ID: "trading", Name: "Trading", Access: authors})
	source := quicksight.NewDataSource(stack, "Athena", quicksight.DataSourceProps{ID: "athena", At: quicksight.Athena{}, Access: authors})
	trades := quicksight.NewDataset(stack, "Trades", quicksight.DatasetProps{Definition: quicksightTrades(), Sources: []*quicksight.DataSource{source}, Access: authors, Folder: folder})
	theme := quicksight.NewTheme(stack, "Theme", quicksight.ThemeProps{Theme: report.Theme{ID: "house", Name: "House", Data: []string{"#1F77B4", "#FF7F0E"}, Font: "Roboto"}})
	dashboard := quicksight.NewDashboard(stack, "Dashboard", quicksight.DashboardProps{
		ID: "trades", Name: "Trades", Definition: quicksightReport(), Datasets: []*quicksight.Dataset{trades}, Theme: theme, Folder: folder,
		Access: append(authors, quicksight.Access{To: "namespace/default"}),
	})
	embedded := quicksight.NewEmbeddedDashboard(stack, "Embedded", quicksight.EmbeddedDashboardProps{Dashboard: dashboard, Domains: []string{"https://app.example.com"}})
	embedded.GrantInvoke(awsiam.NewRole(stack, jsii.String("App"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("ecs-tasks.amazonaws.com"), nil)}))
	asked := topic.Of(quicksightTrades())
	asked.Fields = []topic.Field{{Column: "fund", Name: "Fund", Synonyms: []string{"symbol"}, Semantic: topic.Organization}, {Column: "amount", Default: topic.Sum, Never: []topic.Aggregate{topic.Average}}}
	asked.Filters = []topic.Filter{{Name: "This year", Column: "Trade Date", Apply: topic.Unless, Last: 1, Unit: topic.Year}}
	asked.Entities = []topic.Entity{{Name: "Trade", Fields: []topic.Part{{Column: "fund", Primary: true}, {Column: "amount"}}}}
	asked.Refresh = topic.Refresh{Every: topic.Daily, At: "03:00"}
	quicksight.NewTopic(stack, "Topic", quicksight.TopicProps{
		Definition: topic.Definition{ID: "trades", Name: "Trades", Datasets: []topic.Dataset{asked}}, Datasets: []*quicksight.Dataset{trades}, Access: []quicksight.Access{{To: quicksight.Group("readers")}},
	})
	quicksight.NewAnalysis(stack, "Analysis", quicksight.AnalysisProps{ID: "trades", Name: "Trades", Definition: quicksightReport(), Datasets: []*quicksight.Dataset{trades}, Access: authors})
	return stack
}

func TestQuickSight(t *testing.T) {
	stack := quicksightEverything()
	cdktest.Nag(t, stack)
	template := cdktest.Synth(t, stack)
	t.Run("deploys data before what shows it", func(t *testing.T) {
		for id, dashboard := range template.Of("AWS::QuickSight::Dashboard") {
			if len(dashboard.DependsOn) < 2 {
				t.Errorf("%s depends on %q; want the dataset and the theme", id, dashboard.DependsOn)
			}
		}
	})
	t.Run("gives readers what they need to look, and no more", func(t *testing.T) {
		template.Has(t, "AWS::QuickSight::Dashboard", cdktest.Props{"DashboardPublishOptions": cdktest.Props{"AdHocFilteringOption": cdktest.Props{"AvailabilityStatus": "ENABLED"}}})
		for _, dashboard := range template.Of("AWS::QuickSight::Dashboard") {
			list := dashboard.Properties["Permissions"].([]any)
			if got := list[len(list)-1].(map[string]any)["Actions"].([]any); len(got) != 3 {
				t.Errorf("readers may %v", got)
			}
		}
	})
	t.Run("reads new rows every quarter of an hour", func(t *testing.T) {
		template.Has(t, "AWS::QuickSight::RefreshSchedule", cdktest.Props{"Schedule": cdktest.Props{"RefreshType": "INCREMENTAL_REFRESH", "ScheduleFrequency": cdktest.Props{"Interval": "MINUTE15"}}})
	})
	t.Run("is the template last reviewed", func(t *testing.T) { template.Golden(t, "test/testdata/quicksight.json") })
}

// quicksightDatabases are databases in one stack and the connection to them in another.
func quicksightDatabases() (databases, reports awscdk.Stack) {
	app := awscdk.NewApp(nil)
	databases = awscdk.NewStack(app, jsii.String("Databases"), nil)
	vpc := awsec2.NewVpc(databases, jsii.String("Vpc"), &awsec2.VpcProps{
		MaxAzs: jsii.Number(2), RestrictDefaultSecurityGroup: jsii.Bool(false),
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{{Name: jsii.String("Data"), SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED}},
	})
	group := awsec2.NewSecurityGroup(databases, jsii.String("Group"), &awsec2.SecurityGroupProps{Vpc: vpc, AllowAllOutbound: jsii.Bool(false)})
	reports = awscdk.NewStack(app, jsii.String("Reports"), nil)
	var subnets []string
	for _, subnet := range *vpc.IsolatedSubnets() {
		subnets = append(subnets, *subnet.SubnetId())
	}
	connection := quicksight.NewVPCConnection(reports, "Connection", quicksight.VPCConnectionProps{
		ID: "databases", VPC: *vpc.VpcId(), Subnets: subnets, Reach: []quicksight.Reach{{Group: *group.SecurityGroupId(), Port: 3306}, {Group: *group.SecurityGroupId(), Port: 5439}},
	})
	secret := awscdk.NewCfnResource(databases, jsii.String("Secret"), &awscdk.CfnResourceProps{
		Type: jsii.String("AWS::SecretsManager::Secret"), Properties: &map[string]any{"GenerateSecretString": map[string]any{"SecretStringTemplate": `{"username": "reader"}`, "GenerateStringKey": "password"}},
	})
	for name, at := range map[string]quicksight.Place{
		"mysql":      quicksight.Database{Engine: quicksight.MySQL, Host: "db.example.com", Name: "trades"},
		"postgresql": quicksight.Database{Engine: quicksight.PostgreSQL, Host: "pg.example.com", Name: "trades"},
		"aurora":     quicksight.Database{Engine: quicksight.AuroraMySQL, Host: "aurora.example.com", Name: "trades"},
		"aurora-pg":  quicksight.Database{Engine: quicksight.AuroraPostgreSQL, Host: "apg.example.com", Name: "trades", Port: 5433},
		"redshift":   quicksight.RedshiftCluster{Host: "wh.example.com", Database: "dev"},
	} {
		quicksight.NewDataSource(reports, name, quicksight.DataSourceProps{ID: name, At: at, Secret: *secret.Ref(), VPC: connection})
	}
	quicksight.NewDataSource(reports, "files", quicksight.DataSourceProps{ID: "files", At: quicksight.Files{Bucket: "feed", Key: "manifest.json"}})
	return databases, reports
}

// The stack with the connection refers to the one with the databases, and never the other way round: CloudFormation
// could deploy neither of two stacks that refer to each other, and the CDK refuses them at synth.
func TestQuickSightReachesDatabasesOfAnotherStack(t *testing.T) {
	databases, reports := quicksightDatabases()
	template := cdktest.Synth(t, reports)
	template.Has(t, "AWS::EC2::SecurityGroupIngress", cdktest.Props{"Description": "questions of QuickSight", "FromPort": 3306, "ToPort": 3306})
	template.Has(t, "AWS::EC2::SecurityGroupIngress", cdktest.Props{"Description": "answers of the database, on any port"})
	template.Has(t, "AWS::QuickSight::DataSource", cdktest.Props{"Type": "AURORA_POSTGRESQL", "SslProperties": cdktest.Props{"DisableSsl": false}, "DataSourceParameters": cdktest.Props{"AuroraPostgreSqlParameters": cdktest.Props{"Port": 5433}}})
	if needs := *databases.Dependencies(); len(needs) != 0 {
		t.Errorf("the databases' stack depends on %d stacks", len(needs))
	}
	for _, source := range template.Of("AWS::QuickSight::DataSource") {
		credentials, _ := source.Properties["Credentials"].(map[string]any)
		if _, plain := credentials["CredentialPair"]; plain {
			t.Error("a password stands in the template")
		}
	}
	template.Golden(t, "test/testdata/quicksight_databases.json")
}

// quicksightReports are so many canned and ad-hoc reports, made from one list of specifications.
func quicksightReports(canned, adhoc int) []quicksight.DashboardProps {
	data := report.Of(quicksightTrades())
	var list []quicksight.DashboardProps
	for i := range canned + adhoc {
		id, visuals := fmt.Sprintf("canned-%04d", i), []report.Visual{
			{ID: "total", Title: "Total", Chart: report.KPI{Values: []report.Measure{{Column: "amount"}}}},
			{ID: "daily", Title: "Daily", Chart: report.Line{Category: []report.Dimension{{Column: "Trade Date"}}, Values: []report.Measure{{Column: "amount"}}}},
			{ID: "funds", Title: "Funds", Chart: report.Bar{Category: []report.Dimension{{Column: "fund"}}, Values: []report.Measure{{Column: "amount"}}}},
			{ID: "rows", Title: "Rows", Chart: report.Table{Rows: []string{"Trade Date", "fund", "amount"}}},
		}
		if i >= canned {
			id, visuals = fmt.Sprintf("adhoc-%04d", i-canned), visuals[3:]
		}
		list = append(list, quicksight.DashboardProps{ID: id, Name: id, Definition: report.Definition{Datasets: []report.Dataset{data}, Sheets: []report.Sheet{{ID: "sheet", Name: "Sheet", Visuals: visuals}}}})
	}
	return list
}

// quicksightSplit are the ids of dashboards by stack, and the size of the largest template in bytes.
func quicksightSplit(t *testing.T, dashboards []quicksight.DashboardProps) (ids map[string][]string, largest int) {
	t.Helper()
	out := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out})
	quicksight.NewReports(app, "Reports", quicksight.ReportsProps{Dashboards: dashboards})
	app.Synth(nil)
	files, _ := filepath.Glob(filepath.Join(out, "*.template.json"))
	ids = map[string][]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		largest = max(largest, len(text))
		var template struct {
			Resources map[string]struct{ Properties map[string]any }
		}
		if err := json.Unmarshal(text, &template); err != nil {
			t.Fatal(err)
		}
		if len(template.Resources) > 500 {
			t.Errorf("%s has %d resources", filepath.Base(file), len(template.Resources))
		}
		for _, r := range template.Resources {
			if id, is := r.Properties["DashboardId"].(string); is {
				ids[filepath.Base(file)] = append(ids[filepath.Base(file)], id)
			}
		}
		slices.Sort(ids[filepath.Base(file)])
	}
	return ids, largest
}

// 450 canned and 1,800 ad-hoc reports become stacks under CloudFormation's limits; one more moves no other.
func TestQuickSightReportsSplitStably(t *testing.T) {
	dashboards := quicksightReports(450, 1800)
	before, largest := quicksightSplit(t, dashboards)
	if largest >= 1024*1024 {
		t.Errorf("the largest template has %d bytes", largest)
	}
	t.Logf("%d stacks, the largest template has %d bytes", len(before), largest)
	added := dashboards[0]
	added.ID = "added"
	after, _ := quicksightSplit(t, append([]quicksight.DashboardProps{added}, dashboards...))
	changed := 0
	for stack, ids := range after {
		if !slices.Equal(before[stack], ids) {
			changed++
			if got := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "added" }); !slices.Equal(before[stack], got) {
				t.Errorf("%s held %d reports and holds %d others", stack, len(before[stack]), len(got))
			}
		}
	}
	if changed != 1 {
		t.Errorf("%d stacks changed; want one", changed)
	}
}
