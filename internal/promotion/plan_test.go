package promotion

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/internal/assetbundle"
	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

func TestPlanValidate(t *testing.T) {
	const assets = "want TYPE/ID with a type of dashboard, analysis, dataset, datasource, theme, folder, topic, vpcConnection"
	const id = "want 1 to 512 letters, digits, hyphens and underscores"
	one := []string{"dashboard/sales"}
	source := func(s DataSource) Plan { return Plan{Assets: one, DataSources: []*DataSource{&s}} }
	connection := func(v VPCConnection) Plan { return Plan{Assets: one, VPCConnections: []*VPCConnection{&v}} }
	for name, test := range map[string]struct {
		plan Plan
		want string
	}{
		"a dashboard as it is":       {Plan{Assets: one}, ""},
		"everything":                 {Plan{Assets: one, Prefix: "qa-", Readers: []string{"group/default/a"}, Owners: []string{"user/default/b"}, DataSources: []*DataSource{{ID: "a", Use: "b"}, {ID: "c", Host: "db"}}}, ""},
		"nothing":                    {Plan{}, `promotion.Plan.Assets is 0; want one asset at least`},
		"a name without a type":      {Plan{Assets: []string{"sales"}}, `promotion.Plan.Assets[0] is "sales"; ` + assets},
		"a type that nobody exports": {Plan{Assets: []string{"template/t"}}, `promotion.Plan.Assets[0] is "template/t"; ` + assets},
		"a prefix with a slash":      {Plan{Assets: one, Prefix: "qa/"}, `promotion.Plan.Prefix is "qa/"; want at most 64 letters, digits, hyphens and underscores`},
		"a group without namespace":  {Plan{Assets: one, Readers: []string{"analysts"}}, `promotion.Plan.Readers[0] is "analysts"; want "group/NAMESPACE/NAME" or "user/NAMESPACE/NAME"`},
		"an owner's ARN":             {Plan{Assets: one, Owners: []string{"arn:aws:x"}}, `promotion.Plan.Owners[0] is "arn:aws:x"; want "group/NAMESPACE/NAME" or "user/NAMESPACE/NAME"`},
		"a reader who is an owner":   {Plan{Assets: one, Readers: []string{"group/default/a"}, Owners: []string{"group/default/a"}}, `promotion.Plan.Readers[0] is "group/default/a"; want somebody who is no owner too`},
		"a source without an id":     {source(DataSource{Host: "db"}), `promotion.Plan.DataSources[0].ID is ""; ` + id + " that no other has"},
		"a source as it is":          {source(DataSource{ID: "a"}), `promotion.Plan.DataSources[0] is "a"; want something that is otherwise there`},
		"a source that is replaced and changed": {source(DataSource{ID: "a", Use: "b", Host: "db"}),
			`promotion.Plan.DataSources[0].Use is "b"; want nothing else said, for that data source stays as it is`},
		"a port":                    {source(DataSource{ID: "a", Port: 70000}), `promotion.Plan.DataSources[0].Port is 70000; want 1 to 65535, or 0 for what it was`},
		"a password":                {source(DataSource{ID: "a", Secret: "hunter2"}), `promotion.Plan.DataSources[0].Secret is "hunter2"; want the ARN of a secret of Secrets Manager`},
		"a role's name":             {source(DataSource{ID: "a", Role: "athena"}), `promotion.Plan.DataSources[0].Role is "athena"; want the ARN of a role`},
		"a source twice":            {Plan{Assets: one, DataSources: []*DataSource{{ID: "a", Use: "b"}, {ID: "a", Use: "c"}}}, `promotion.Plan.DataSources[1].ID is "a"; ` + id + " that no other has"},
		"a connection as it is":     {connection(VPCConnection{ID: "v"}), `promotion.Plan.VPCConnections[0] is "v"; want something that is otherwise there`},
		"one subnet":                {connection(VPCConnection{ID: "v", Subnets: []string{"subnet-1"}}), `promotion.Plan.VPCConnections[0].Subnets is 1; want two subnets at least, or none for those it had`},
		"a connection's role":       {connection(VPCConnection{ID: "v", Role: "x"}), `promotion.Plan.VPCConnections[0].Role is "x"; want the ARN of a role`},
		"a connection that is both": {connection(VPCConnection{ID: "v", Use: "w", Role: "x"}), `promotion.Plan.VPCConnections[0].Use is "w"; want nothing else said, for that connection stays as it is`},
	} {
		t.Run(name, func(t *testing.T) { checktest.Message(t, test.plan.Validate(), test.want) })
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"an unknown key":          {"assets: [dashboard/a]\ndatasources: []\n", `promotion.yaml:2: datasources`},
		"nothing to promote":      {"prefix: qa-\n", `promotion.yaml:1: assets is missing`},
		"a port that is text":     {"assets: [dashboard/a]\ndataSources:\n  - id: a\n    port: many\n", `promotion.yaml:4: dataSources[0].port is "many"; want a whole number from 1 to 65535`},
		"a subnet that is none":   {"assets: [dashboard/a]\nvpcConnections:\n  - id: a\n    subnets: [subnet-0, net]\n", `promotion.yaml:4: vpcConnections[0].subnets[1] is "net"; want subnet- and hexadecimal digits`},
		"a source that is both":   {"assets: [dashboard/a]\ndataSources:\n  - id: a\n    use: b\n    host: c\n", `promotion.Plan.DataSources[0].Use is "b"`},
		"a file that is not YAML": {"{", `promotion.yaml:1 is not YAML`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.WriteFile("promotion.yaml", []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Load("promotion.yaml"); err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("%v; want %s…", err, test.want)
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml")); err == nil || !strings.HasPrefix(err.Error(), "configuration: open ") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestAPlanIsReadAsItWasWritten(t *testing.T) {
	plan := Plan{
		Assets: []string{"dashboard/sales", "topic/a.b+c"}, Prefix: "qa-", Readers: []string{"group/default/Sales & more"}, Owners: []string{"user/default/o"},
		DataSources: []*DataSource{{ID: "a", Use: "b"}, {
			ID: "c", Host: "db", Port: 3306, Database: "d", WorkGroup: "w", Role: "arn:aws:iam::123456789012:role/r", Bucket: "b", Key: "k.json",
			Secret: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:s", VPCConnection: "v",
		}},
		VPCConnections: []*VPCConnection{{ID: "v", Subnets: []string{"subnet-1", "subnet-2"}, SecurityGroups: []string{"sg-1"}, Role: "arn:aws:iam::123456789012:role/v"}},
	}
	file := filepath.Join(t.TempDir(), "plan.yaml")
	if err := os.WriteFile(file, plan.File(), 0o644); err != nil {
		t.Fatal(err)
	}
	if read, err := Load(file); err != nil || !reflect.DeepEqual(read, plan) {
		t.Errorf("%+v, %v; want %+v", read, err, plan)
	}
}

// sales is a bundle whose data source stands behind a VPC connection.
func sales() *assetbundle.Bundle {
	const here = "arn:aws:quicksight:eu-west-1:123456789012:"
	bundle := &assetbundle.Bundle{}
	bundle.Add(
		assetbundle.Of(assetbundle.VPCConnection, map[string]any{"VPCConnectionId": "net"}),
		assetbundle.Of(assetbundle.DataSource, map[string]any{"DataSourceId": "dev", "VpcConnectionProperties": map[string]any{"VpcConnectionArn": here + "vpcConnection/net"}}),
		assetbundle.Of(assetbundle.DataSet, map[string]any{"DataSetId": "orders", "PhysicalTableMap": map[string]any{"t": map[string]any{"CustomSql": map[string]any{"DataSourceArn": here + "datasource/dev"}}}}),
	)
	return bundle
}

// there makes the ARNs of the account that the bundle goes to.
func there(resource string) string { return "arn:aws:quicksight:us-east-1:222222222222:" + resource }

func TestPrepareReplacesWhatIsThereAlready(t *testing.T) {
	bundle := sales()
	if err := (Plan{DataSources: []*DataSource{{ID: "dev", Use: "prod"}}}).Prepare(bundle, there); err != nil {
		t.Fatal(err)
	}
	if want := []string{"dataset/orders"}; !slices.Equal(bundle.Names(), want) {
		t.Errorf("%v; want %v, for nothing goes by the connection any more", bundle.Names(), want)
	}
	set, _ := bundle.Find("dataset/orders")
	if text, _ := json.Marshal(set.Body); !strings.Contains(string(text), there("datasource/prod")) {
		t.Errorf("the dataset does not refer to the other data source: %s", text)
	}
	bundle = sales()
	if err := (Plan{VPCConnections: []*VPCConnection{{ID: "net", Use: "core"}}}).Prepare(bundle, there); err != nil {
		t.Fatal(err)
	}
	if want := []string{"datasource/dev", "dataset/orders"}; !slices.Equal(bundle.Names(), want) || bundle.Uses("vpcConnection/core") != 1 {
		t.Errorf("%v; want %v, behind the other connection", bundle.Names(), want)
	}
	err := Plan{DataSources: []*DataSource{{ID: "dex", Use: "prod"}}}.Prepare(sales(), there)
	checktest.Message(t, err, `promotion.Plan.DataSources[0].ID is "dex"; want the id of a datasource in the bundle; nearest is "dev"`)
}
