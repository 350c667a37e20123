package assetbundle

import (
	"archive/zip"
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func source() Asset {
	return Of(DataSource, map[string]any{"DataSourceId": "dev", "Name": "Dev", "Type": "ATHENA"})
}

func set() Asset {
	return Of(DataSet, map[string]any{
		"DataSetId": "orders", "FieldFolders": map[string]any{"Money & More": map[string]any{"columns": []any{"Amount"}}},
		"PhysicalTableMap": map[string]any{"Orders-1": map[string]any{"S3Source": map[string]any{"DataSourceArn": "arn:aws:quicksight:eu-west-1:123456789012:datasource/dev"}}},
	})
}

func TestMembersAreNamedAsInTheServicesBundles(t *testing.T) {
	want := map[string]any{
		"dataSetId": "orders", "fieldFolders": map[string]any{"Money & More": map[string]any{"columns": []any{"Amount"}}},
		"physicalTableMap": map[string]any{"Orders-1": map[string]any{"s3Source": map[string]any{"dataSourceArn": "arn:aws:quicksight:eu-west-1:123456789012:datasource/dev"}}},
	}
	if got := set().Body; !reflect.DeepEqual(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
	for upper, lower := range map[string]string{
		"DataSetId": "dataSetId", "KPIVisual": "kpiVisual", "UIColorPalette": "uiColorPalette", "URLOperation": "urlOperation", "VPCConnectionId": "vpcConnectionId",
		"VpcConnectionArn": "vpcConnectionArn", "S3Source": "s3Source", "XAxisDisplayOptions": "xAxisDisplayOptions", "highlightOperation": "highlightOperation",
	} {
		asset := Of(Theme, map[string]any{upper: "x"})
		if asset.Body[lower] != "x" {
			t.Errorf("%s became %v; want %s", upper, asset.Body, lower)
		}
		if back := asset.Properties(); back[upper] != "x" {
			t.Errorf("%s became %v; want %s", lower, back, upper)
		}
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	bundle := &Bundle{}
	schedule := Of(RefreshSchedule, map[string]any{"DataSetId": "orders", "Schedule": map[string]any{"ScheduleId": "often"}})
	bundle.Add(set(), schedule, source())
	content, err := bundle.Write()
	if err != nil {
		t.Fatal(err)
	}
	read, err := Read(content)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"datasource/dev", "dataset/orders", "refreshSchedule/orders/often"}; !slices.Equal(read.Names(), want) {
		t.Errorf("%v; want %v", read.Names(), want)
	}
	if !reflect.DeepEqual(read, bundle) || read.Digest() != bundle.Digest() {
		t.Errorf("%v; want %v", read, bundle)
	}
	again, _ := read.Write()
	if !bytes.Equal(again, content) {
		t.Error("the same assets gave other bytes")
	}
}

func TestPointNamesAnotherAsset(t *testing.T) {
	bundle := &Bundle{}
	bundle.Add(set(), source())
	before := bundle.Digest()
	if dev, de := bundle.Uses("datasource/dev"), bundle.Uses("datasource/de"); dev != 1 || de != 0 {
		t.Errorf("%d and %d references; want 1 and 0", dev, de)
	}
	bundle.Point("datasource/dev", "arn:aws:quicksight:eu-west-1:222222222222:datasource/prod")
	if dev, prod := bundle.Uses("datasource/dev"), bundle.Uses("datasource/prod"); dev != 0 || prod != 1 {
		t.Errorf("%d and %d references; want 0 and 1", dev, prod)
	}
	if bundle.Digest() == before {
		t.Error("another reference, and the same digest")
	}
	if !bundle.Remove("datasource/dev") || bundle.Remove("datasource/dev") {
		t.Error("an asset is removed once")
	}
}

func TestReadRefuses(t *testing.T) {
	zipped := func(name, text string) []byte {
		var out bytes.Buffer
		archive := zip.NewWriter(&out)
		if name != "" {
			file, _ := archive.Create(name)
			file.Write([]byte(text))
		}
		archive.Close()
		return out.Bytes()
	}
	const types = "vpcConnection, folder, datasource, theme, dataset, refreshSchedule, topic, analysis, dashboard"
	for name, test := range map[string]struct {
		content []byte
		want    string
	}{
		"what is no zip":            {[]byte("x"), "it is no asset bundle (zip: not a valid zip file)"},
		"nothing":                   {zipped("", ""), "it is empty"},
		"what is no JSON":           {zipped("theme/a.json", "<a>"), "theme/a.json in it is no JSON object: invalid character '<' looking for beginning of value"},
		"a list":                    {zipped("theme/a.json", "[]"), "theme/a.json in it is no JSON object: json: cannot unmarshal array into Go value of type map[string]interface {}"},
		"another file":              {zipped("README.md", `{}`), `README.md in it is no asset: its folder and its resourceType, "", are not one of ` + types},
		"another type":              {zipped("theme/a.json", `{"resourceType":"dataset"}`), ""},
		"a CloudFormation template": {zipped("template.json", `{"Resources":{}}`), `template.json in it is no asset: its folder and its resourceType, "", are not one of ` + types},
		"no id":                     {zipped("theme/a.json", `{"resourceType":"theme"}`), "theme/a.json in it has no themeId"},
		"no id of a schedule":       {zipped("refreshSchedule/a.json", `{"resourceType":"refreshSchedule"}`), "refreshSchedule/a.json in it has no dataSetId with schedule.scheduleId"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(test.content)
			want := test.want
			if want == "" {
				want = `theme/a.json in it is no asset: its folder and its resourceType, "dataset", are not one of ` + types
			}
			if err == nil || strings.TrimSpace(err.Error()) != want {
				t.Errorf("%v; want %s", err, want)
			}
		})
	}
}
