package cli

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/quicksight"

	"github.com/lakekeel/lakekeel/internal/assetbundle"
	"github.com/lakekeel/lakekeel/internal/cloud"
)

// Accounts of the local endpoint, which imitates as many as it is asked for.
const dev, prod, other = "111111111111", "222222222222", "333333333333"

// fixtures are bundles that were exported at a local endpoint.
func fixture(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs("../../internal/gocode/testdata/" + name + ".qs")
	must(t, err)
	return path
}

// endpoint is the URL of the shell's endpoint.
func (s shell) endpoint() string {
	s.t.Helper()
	var record struct{ URL string }
	text, err := os.ReadFile(filepath.Join(s.home, "endpoint", "endpoint.json"))
	must(s.t, err)
	must(s.t, json.Unmarshal(text, &record))
	return record.URL
}

// at is an account of the shell's endpoint.
func (s shell) at(account string) (*quicksight.Client, *string) {
	return cloud.Local(s.endpoint(), account, "eu-west-1").QuickSight(), &account
}

// promoting is a shell whose endpoint has reports in the account dev.
func promoting(t *testing.T) shell {
	t.Helper()
	s := newShell(t)
	s.ok("up")
	s.ok("quicksight", "promote", "--bundle", fixture(t, "topic"), "--to", dev)
	return s
}

func (s shell) workgroup(account, source string) string {
	s.t.Helper()
	client, id := s.at(account)
	found, err := client.DescribeDataSource(context.Background(), &quicksight.DescribeDataSourceInput{AwsAccountId: id, DataSourceId: &source})
	must(s.t, err)
	text, err := json.Marshal(found.DataSource.DataSourceParameters)
	must(s.t, err)
	return string(text)
}

func (s shell) versions(account, dashboard string) int {
	s.t.Helper()
	client, id := s.at(account)
	found, err := client.ListDashboardVersions(context.Background(), &quicksight.ListDashboardVersionsInput{AwsAccountId: id, DashboardId: &dashboard})
	must(s.t, err)
	return len(found.DashboardVersionSummaryList)
}

func TestReportsArePromotedFromAccountToAccount(t *testing.T) {
	s := promoting(t)
	write(t, filepath.Join(s.dir, "promotion.yaml"), `assets: [dashboard/trades, topic/trades]
readers: [group/default/analysts]
dataSources:
  - id: athena
    workGroup: prod
`)
	out := s.ok("quicksight", "promote", "--config", "promotion.yaml", "--from", dev, "--to", prod)
	for _, name := range []string{"dashboard/trades", "topic/trades", "dataset/trades", "datasource/athena", "theme/house", "folder/trading"} {
		if !slices.Contains(strings.Fields(out), name) {
			t.Errorf("no %s in %s", name, out)
		}
	}
	if got := s.workgroup(prod, "athena"); !strings.Contains(got, `"prod"`) {
		t.Errorf("the workgroup is not overridden: %s", got)
	}
	if got := s.workgroup(dev, "athena"); strings.Contains(got, `"prod"`) {
		t.Errorf("the source account is changed: %s", got)
	}
	client, id := s.at(prod)
	name := "trades"
	held, err := client.DescribeDashboardPermissions(context.Background(), &quicksight.DescribeDashboardPermissionsInput{AwsAccountId: id, DashboardId: &name})
	must(t, err)
	if len(held.Permissions) != 1 || *held.Permissions[0].Principal != "arn:aws:quicksight:eu-west-1:"+prod+":group/default/analysts" {
		t.Errorf("rights: %v", held.Permissions)
	}
	topic, err := client.DescribeTopic(context.Background(), &quicksight.DescribeTopicInput{AwsAccountId: id, TopicId: &name})
	must(t, err)
	if got := *topic.Topic.DataSets[0].DatasetArn; got != "arn:aws:quicksight:eu-west-1:"+prod+":dataset/trades" {
		t.Errorf("the topic is about %s", got)
	}

	// What has arrived is what was sent, but for the workgroup.
	s.ok("quicksight", "export", "dashboard/trades", "topic/trades", "--from", dev, "-o", "dev.qs")
	s.ok("quicksight", "export", "dashboard/trades", "topic/trades", "--from", prod, "-o", "prod.qs")
	for i, asset := range s.bundle("dev.qs").Assets {
		there := s.bundle("prod.qs").Assets[i]
		sent, _ := json.Marshal(asset.Body)
		arrived, _ := json.Marshal(there.Body)
		same := strings.ReplaceAll(string(arrived), prod, dev) == string(sent)
		if asset.Name() != there.Name() || same == (asset.Type == assetbundle.DataSource) {
			t.Errorf("%s: same is %v\n%s\n%s", asset.Name(), same, sent, arrived)
		}
	}

	// Again: a new version, by the command and in the environment that the pipeline's step has.
	step := func(more ...string) result {
		command := s.command(append([]string{"quicksight", "promote", "--config", "promotion.yaml", "--profile", "-", "--from", "arn:aws:iam::" + dev + ":role/Prod-Lakekeel-Export@eu-west-1",
			"--to", "arn:aws:iam::" + prod + ":role/Prod-Lakekeel-Import@eu-west-1"}, more...)...)
		command.Env = append(command.Env, "AWS_ENDPOINT_URL="+s.endpoint(), "AWS_ACCESS_KEY_ID="+other, "AWS_SECRET_ACCESS_KEY=local", "AWS_REGION=eu-west-1")
		return s.finish(command)
	}
	if r := step("--yes-run-on-aws"); r.code != 0 || !strings.Contains(r.err, "import into AWS account "+prod+" in eu-west-1  done") {
		t.Errorf("status %d: %s", r.code, r.err)
	}
	if n := s.versions(prod, "trades"); n != 2 {
		t.Errorf("%d versions after two promotions", n)
	}
	if r := step(); r.code != 2 || r.err != "lakekeel: AWS account "+prod+" in eu-west-1 is a real account; add --yes-run-on-aws if it shall be changed\n" {
		t.Errorf("status %d: %s", r.code, r.err)
	}
	s.ok("quicksight", "promote", "dashboard/trades", "--from", dev, "--to", prod, "--prefix", "qa-")
	if n := s.versions(prod, "qa-trades"); n != 1 {
		t.Errorf("%d versions under the prefix", n)
	}
}

func (s shell) bundle(file string) *assetbundle.Bundle {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, file))
	must(s.t, err)
	bundle, err := assetbundle.Read(content)
	must(s.t, err)
	return bundle
}

func TestAFailingPromotionIsRolledBack(t *testing.T) {
	s := promoting(t)
	s.ok("quicksight", "promote", "dashboard/trades", "--from", dev, "--to", prod)
	before := s.workgroup(prod, "athena")
	bundle := s.bundle(fixtureIn(t, s, "topic"))
	bundle.Remove("topic/trades")
	dashboard, _ := bundle.Find("dashboard/trades")
	dashboard.Body["definition"].(map[string]any)["dataSetIdentifierDeclarations"].([]any)[0].(map[string]any)["dataSetArn"] = "arn:aws:quicksight:eu-west-1:" + dev + ":dataset/gone"
	source, _ := bundle.Find("datasource/athena")
	source.Body["name"] = "Changed"
	content, err := bundle.Write()
	must(t, err)
	write(t, filepath.Join(s.dir, "broken.qs"), string(content))
	s.refused(1, `…lakekeel: import into account `+prod+` at the local endpoint failed and was rolled back: what was there before is there again
lakekeel: dashboard/trades: DataSet arn:aws:quicksight:eu-west-1:`+prod+`:dataset/gone is not found (ResourceNotFoundException)`,
		"quicksight", "promote", "--bundle", "broken.qs", "--to", prod)
	client, id := s.at(prod)
	name := "athena"
	found, err := client.DescribeDataSource(context.Background(), &quicksight.DescribeDataSourceInput{AwsAccountId: id, DataSourceId: &name})
	must(t, err)
	if *found.DataSource.Name == "Changed" || s.workgroup(prod, "athena") != before || s.versions(prod, "trades") != 1 {
		t.Errorf("the former version is not there: %s, %d versions", *found.DataSource.Name, s.versions(prod, "trades"))
	}
}

// fixtureIn is a fixture, copied beside what the shell writes.
func fixtureIn(t *testing.T, s shell, name string) string {
	t.Helper()
	content, err := os.ReadFile(fixture(t, name))
	must(t, err)
	write(t, filepath.Join(s.dir, name+".qs"), string(content))
	return name + ".qs"
}

func TestAnInterruptedPromotionCanBeRunAgain(t *testing.T) {
	s := promoting(t)
	command := s.command("quicksight", "promote", "dashboard/trades", "--from", dev, "--to", prod)
	var told strings.Builder
	command.Stderr = &told
	must(t, command.Start())
	time.Sleep(350 * time.Millisecond) // the export's states alone take half a second
	must(t, command.Process.Signal(syscall.SIGINT))
	command.Wait()
	if command.ProcessState.ExitCode() != 130 || !strings.Contains(told.String(), "interrupted; it goes on there, and the same command waits for it") {
		t.Fatalf("status %d: %s", command.ProcessState.ExitCode(), told.String())
	}
	s.ok("quicksight", "promote", "dashboard/trades", "--from", dev, "--to", prod)
	if n := s.versions(prod, "trades"); n != 1 {
		t.Errorf("%d versions; want 1", n)
	}
	// Two at a time: the second waits for the first, whose job has the same id.
	first, second := s.command("quicksight", "promote", "dashboard/trades", "--from", dev, "--to", other), s.command("quicksight", "promote", "dashboard/trades", "--from", dev, "--to", other)
	must(t, first.Start())
	must(t, second.Start())
	for _, c := range []*exec.Cmd{first, second} {
		if c.Wait() != nil {
			t.Error("one of two promotions at a time failed")
		}
	}
}

func TestABundleBecomesGo(t *testing.T) {
	s := newShell(t)
	out := s.ok("quicksight", "import", fixture(t, "topic"), "--out", "reports/Trades-2026")
	for _, name := range []string{"all.go", "analyses.go", "dashboards.go", "datasets.go", "others.go", "themes.go", "topics.go"} {
		if !strings.Contains(out, filepath.Join("reports", "Trades-2026", name)) {
			t.Errorf("no %s in %s", name, out)
		}
	}
	text, err := os.ReadFile(filepath.Join(s.dir, "reports", "Trades-2026", "all.go"))
	must(t, err)
	if !strings.Contains(string(text), "package trades2026\n") {
		t.Errorf("another package: %s", text)
	}
	s.refused(1, "lakekeel: DIR/reports/Trades-2026/all.go is there already, and may have been worked on; want another folder in --out",
		"quicksight", "import", fixture(t, "topic"), "--out", "reports/Trades-2026")
}

func TestQuickSightRefuses(t *testing.T) {
	s := promoting(t)
	write(t, filepath.Join(s.dir, "text.qs"), "hello")
	write(t, filepath.Join(s.dir, "bad.yaml"), "assets: [dashboard/trades]\ndatasource: []\n")
	write(t, filepath.Join(s.dir, "port.yaml"), "assets: [dashboard/trades]\ndataSources:\n  - id: athena\n    host: db\n")
	const wantAsset = "want TYPE/ID with a type of dashboard, analysis, dataset, datasource, theme, folder, topic, vpcConnection"
	for name, test := range map[string]struct {
		code int
		want string
		args []string
	}{
		"no subcommand of that name":  {2, `lakekeel: "promot" is no command; did you mean promote?`, []string{"promot"}},
		"an export of nothing":        {2, `lakekeel: ASSET is missing; see: lakekeel quicksight export --help`, []string{"export"}},
		"an export by name alone":     {2, `lakekeel: promotion.Plan.Assets[0] is "trades"; ` + wantAsset, []string{"export", "trades"}},
		"an export of what is not":    {1, `…lakekeel: export from account ` + dev + ` at the local endpoint failed: dashboard/none: arn:aws:quicksight:eu-west-1:` + dev + `:dashboard/none is not found (ResourceNotFoundException)`, []string{"export", "dashboard/none", "--from", dev}},
		"an export of no topic":       {1, `…lakekeel: export from account ` + dev + ` at the local endpoint failed: topic/none: Topic none is not found (ResourceNotFoundException)`, []string{"export", "topic/none", "--from", dev}},
		"a place that is none":        {1, `lakekeel: profile nobody: no such profile in the AWS configuration`, []string{"export", "dashboard/trades", "--from", "nobody"}},
		"a role without a partition":  {1, `lakekeel: profile role/x: no such profile in the AWS configuration`, []string{"export", "dashboard/trades", "--from", "role/x"}},
		"a file that cannot be":       {1, `…lakekeel: nowhere/a.qs cannot be written: open nowhere/a.qs: no such file or directory`, []string{"export", "dashboard/trades", "--from", dev, "-o", "nowhere/a.qs"}},
		"a promotion to nowhere":      {2, `lakekeel: --to is missing; want the place to import into`, []string{"promote", "dashboard/trades"}},
		"a promotion of nothing":      {2, `lakekeel: promotion.Plan.Assets is 0; want one asset at least`, []string{"promote", "--to", prod}},
		"from a bundle and a place":   {2, `lakekeel: --bundle is given beside --from or an ASSET; want a bundle, or what is to be exported`, []string{"promote", "--bundle", "a.qs", "--from", dev, "--to", prod}},
		"to where it comes from":      {2, `lakekeel: --from and --to are both account ` + dev + ` at the local endpoint; want two places, or a --prefix`, []string{"promote", "dashboard/trades", "--from", dev, "--to", dev}},
		"a pair that is none":         {2, `lakekeel: --data-source is "athena"; want OLD=NEW, the ids of what is in the bundle and of what takes its place`, []string{"promote", "dashboard/trades", "--to", prod, "--data-source", "athena"}},
		"a group by name alone":       {2, `lakekeel: promotion.Plan.Readers[0] is "analysts"; want "group/NAMESPACE/NAME" or "user/NAMESPACE/NAME"`, []string{"promote", "dashboard/trades", "--to", prod, "--reader", "analysts"}},
		"a prefix with a slash":       {2, `lakekeel: promotion.Plan.Prefix is "a/b"; want at most 64 letters, digits, hyphens and underscores`, []string{"promote", "dashboard/trades", "--to", prod, "--prefix", "a/b"}},
		"a file that is not there":    {1, `lakekeel: configuration: open none.yaml: no such file or directory`, []string{"promote", "--config", "none.yaml", "--to", prod}},
		"an unknown key":              {1, `lakekeel: bad.yaml:2: datasource is an unknown key; want "dataSources"`, []string{"promote", "--config", "bad.yaml", "--to", prod}},
		"a host of Athena":            {1, `…lakekeel: data source "athena" has AthenaParameters, which have no Host`, []string{"promote", "--config", "port.yaml", "--from", dev, "--to", prod}},
		"a source that is not in it":  {1, `…lakekeel: promotion.Plan.DataSources[0].ID is "athens"; want the id of a datasource in the bundle; nearest is "athena"`, []string{"promote", "dashboard/trades", "--from", dev, "--to", prod, "--data-source", "athens=x"}},
		"a source that is not there":  {1, `…rolled back: …DataSource arn:aws:quicksight:eu-west-1:` + prod + `:datasource/x is not found…`, []string{"promote", "dashboard/trades", "--from", dev, "--to", prod, "--data-source", "athena=x"}},
		"a bundle that is not there":  {1, `lakekeel: open none.qs: no such file or directory`, []string{"promote", "--bundle", "none.qs", "--to", prod}},
		"a bundle that is none":       {1, `lakekeel: text.qs: it is no asset bundle (zip: not a valid zip file)`, []string{"promote", "--bundle", "text.qs", "--to", prod}},
		"an import of nothing":        {2, `lakekeel: BUNDLE is missing; see: lakekeel quicksight import --help`, []string{"import"}},
		"an import of what is none":   {1, `lakekeel: text.qs: it is no asset bundle (zip: not a valid zip file)`, []string{"import", "text.qs", "--out", "x"}},
		"a package that cannot be":    {1, `lakekeel: …topic.qs: "My-Reports" is no name of a Go package; want small letters and digits`, []string{"import", fixture(t, "topic"), "--out", "x", "--package", "My-Reports"}},
		"a folder that names nothing": {1, `lakekeel: …topic.qs: "" is no name of a Go package; want small letters and digits`, []string{"import", fixture(t, "topic"), "--out", "---"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.refused(test.code, test.want, append([]string{"quicksight"}, test.args...)...)
		})
	}
	if _, err := os.Stat(filepath.Join(s.dir, "x")); err == nil {
		t.Error("a refused import left a folder")
	}
}

func TestTheOperationsOfQuickSightAreListed(t *testing.T) {
	s := newShell(t)
	out := s.ok("doctor", "--operations", "quicksight")
	for _, part := range []string{"StartAssetBundleImportJob", "CreateDashboard", "RegisterUser", " answered by moto:", "are refused by name"} {
		if !strings.Contains(out, part) {
			t.Errorf("no %s in %s", part, out)
		}
	}
	s.refused(2, `lakekeel: --operations is "glue"; want quicksight`, "doctor", "--operations", "glue")
}
