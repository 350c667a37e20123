package quicksight

import (
	"testing"
	"time"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/constructs/quicksight/report"
	"github.com/lakekeel/lakekeel/constructs/quicksight/topic"
	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-lambda-function-code.html
func TestSourcesFitIntoATemplate(t *testing.T) {
	for name, source := range map[string]string{"topic.py": topicSource, "embed.py": embedSource} {
		if len(source) > 4096 {
			t.Errorf("function/%s has %d characters; want at most 4096", name, len(source))
		}
	}
}

func TestReadersHaveNoRightsToData(t *testing.T) {
	if got := permissions(dataSetKind, []Access{{To: "group/default/readers"}}); len(got) != 0 {
		t.Errorf("readers have rights to data: %v", got)
	}
}

type validator interface{ Validate() error }

func small() report.Definition {
	return report.Definition{Datasets: []report.Dataset{report.Of(trades)}, Sheets: []report.Sheet{{ID: "s", Name: "S", Visuals: []report.Visual{{ID: "v", Chart: report.KPI{Values: []report.Measure{{Column: "amount"}}}}}}}}
}

func TestValidateRefuses(t *testing.T) {
	other := trades
	other.Steps = other.Steps[:1]
	dashboard := DashboardProps{ID: "d", Name: "D", Definition: small()}
	mysql := Database{Engine: MySQL, Host: "db", Name: "x"}
	const secret = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:x"
	tests := map[string]struct {
		props validator
		want  string
	}{
		"a sound dashboard": {dashboard, ""},
		"a sound source":    {DataSourceProps{ID: "s", At: mysql, Secret: secret}, ""},
		"a source nowhere":  {DataSourceProps{ID: "s"}, `quicksight.DataSourceProps.At is <nil>; want an Athena, Database, RedshiftCluster or Files`},
		"a password in the open": {DataSourceProps{ID: "s", At: mysql, Secret: "hunter2"},
			`quicksight.DataSourceProps.Secret is "hunter2"; want the ARN of a secret of Secrets Manager, arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME`},
		"a password for Athena": {DataSourceProps{ID: "s", At: Athena{}, Secret: secret}, `quicksight.DataSourceProps.Secret is "` + secret + `"; want nothing, for only databases have passwords`},
		"a VPC for Athena":      {DataSourceProps{ID: "s", At: Athena{}, VPC: &VPCConnection{}}, `quicksight.DataSourceProps.VPC is "quicksight.Athena"; want nothing, for only databases stand in a VPC`},
		"an engine of nobody": {DataSourceProps{ID: "s", At: Database{Engine: "DB2", Host: "db", Name: "x"}, Secret: secret},
			`quicksight.DataSourceProps.At.Engine is "DB2"; want "MYSQL", "POSTGRESQL", "AURORA", "AURORA_POSTGRESQL" or "MARIADB"`},
		"a URL for a host": {DataSourceProps{ID: "s", At: RedshiftCluster{Host: "https://wh:5439", Database: "dev"}, Secret: secret},
			`quicksight.DataSourceProps.At.Host is "https://wh:5439"; want the name of a host, without scheme and port`},
		"a role that is none": {DataSourceProps{ID: "s", At: Athena{}, Access: []Access{{"group/default/a", "ADMIN"}}},
			`quicksight.DataSourceProps.Access[0].As is "ADMIN"; want "READER", "AUTHOR" or "OWNER"`},
		"a reader of data": {DatasetProps{Definition: trades, Access: []Access{{To: "group/default/a"}}},
			`quicksight.DatasetProps.Access[0].As is "READER"; want "AUTHOR" or "OWNER", for readers need no rights to a DataSet`},
		"a name without a namespace": {DashboardProps{ID: "d", Name: "D", Definition: small(), Access: []Access{{To: "analysts"}}},
			`quicksight.DashboardProps.Access[0].To is "analysts"; want "user/NAMESPACE/NAME", "group/NAMESPACE/NAME" or "namespace/NAMESPACE", each once`},
		"somebody twice": {FolderProps{ID: "f", Name: "F", Access: []Access{{To: Group("a")}, {To: Group("a"), As: Owner}}},
			`quicksight.FolderProps.Access[1].To is "group/default/a"; want "user/NAMESPACE/NAME", "group/NAMESPACE/NAME" or "namespace/NAMESPACE", each once`},
		"a dataset that is not shown": {DashboardProps{ID: "d", Name: "D", Definition: small(), Datasets: []*Dataset{{ID: "orders"}}},
			`quicksight.DashboardProps.Datasets[0] is "orders"; want a dataset of the definition`},
		"other columns than it has": {AnalysisProps{ID: "d", Name: "D", Definition: small(), Datasets: []*Dataset{{ID: "trades", Definition: other}}},
			`quicksight.AnalysisProps.Datasets[0] is "trades"; want the columns that the definition says it has; make it by report.Of`},
		"a theme of no colour": {ThemeProps{Theme: report.Theme{ID: "t", Name: "T", Data: []string{"red"}}}, `report.Theme.Data[0] is "red"; want "#RRGGBB" in capitals`},
		"a topic of nothing":   {TopicProps{Definition: topic.Definition{ID: "t", Name: "T"}}, `topic.Definition.Datasets is 0; want at least one dataset`},
		"a dataset of nothing": {DatasetProps{Definition: dataset.Definition{ID: "d", Name: "D"}}, `dataset.Definition.Tables is 0; want 1 to 32 tables`},
		"one subnet": {VPCConnectionProps{ID: "v", VPC: "vpc-1", Subnets: []string{"subnet-1"}, Reach: []Reach{{"sg-1", 3306}}},
			`quicksight.VPCConnectionProps.Subnets is 1; want 2 to 15 subnets`},
		"a name for a group": {VPCConnectionProps{ID: "v", VPC: "vpc-1", Subnets: []string{"subnet-1", "subnet-2"}, Reach: []Reach{{"databases", 0}}},
			`quicksight.VPCConnectionProps.Reach[0].Group is "databases"; want sg- and hexadecimal digits
quicksight.VPCConnectionProps.Reach[0].Port is 0; want 1 to 65535`},
		"a page with a path": {EmbeddedDashboardProps{Dashboard: &Dashboard{}, Domains: []string{"https://app.example.com/reports"}},
			`quicksight.EmbeddedDashboardProps.Domains[0] is "https://app.example.com/reports"; want "https://" and a domain, without a path`},
		"a page without TLS": {EmbeddedDashboardProps{Dashboard: &Dashboard{}, Domains: []string{"http://app.example.com"}},
			`quicksight.EmbeddedDashboardProps.Domains[0] is "http://app.example.com"; want "https://" and a domain, without a path`},
		"a session of five minutes": {EmbeddedDashboardProps{Dashboard: &Dashboard{}, Domains: []string{"https://a.example.com"}, Session: 5 * time.Minute},
			`quicksight.EmbeddedDashboardProps.Session is 5m0s; want whole minutes from 15 to 600, or 0 for an hour`},
		"everybody by a star": {EmbeddedDashboardProps{Dashboard: &Dashboard{}, Domains: []string{"https://a.example.com"}, Users: []string{"*"}},
			`quicksight.EmbeddedDashboardProps.Users[0] is "*"; want the name of a user`},
		"a report twice":  {ReportsProps{Dashboards: []DashboardProps{dashboard, dashboard}}, `quicksight.ReportsProps.Dashboards[1].ID is "d"; want an id that no other dashboard has`},
		"too many stacks": {ReportsProps{Stacks: 257}, `quicksight.ReportsProps.Stacks is 257; want 1 to 256, or 0 for 32`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			checktest.Message(t, test.props.Validate(), test.want)
		})
	}
}

// Too much for the stacks is refused with a number of stacks that would do.
func TestReportsRefuseWhatDoesNotFit(t *testing.T) {
	var list []DashboardProps
	for i := range 600 {
		list = append(list, DashboardProps{ID: "report-" + time.Duration(i).String(), Name: "R", Definition: small()})
	}
	err := ReportsProps{Dashboards: list, Stacks: 1}.Validate()
	want := `quicksight.ReportsProps.Stacks is 1; want more: resources: stack 0 of 1 would hold 600, of at most 499; want 2 stacks`
	checktest.Message(t, err, want)
}
