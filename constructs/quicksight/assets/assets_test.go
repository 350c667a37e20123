package assets

import (
	"reflect"
	"testing"

	"github.com/lakekeel/lakekeel/internal/jsontree"
)

const here = "arn:aws:quicksight:eu-west-1:123456789012:"

func arn(resource string) string { return here + resource }

func columns(names ...string) []any {
	var list []any
	for _, name := range names {
		list = append(list, map[string]any{"Name": name, "Type": "STRING"})
	}
	return list
}

// old is a dataset in the deprecated shape that is made of another.
func old(id, of string) map[string]any {
	return map[string]any{
		"DataSetId": id, "Name": id, "ImportMode": "SPICE",
		"LogicalTableMap": map[string]any{"t": map[string]any{"Alias": "t", "Source": map[string]any{"DataSetArn": here + "dataset/" + of}}},
	}
}

func plainSet(id string) map[string]any {
	table := map[string]any{"RelationalTable": map[string]any{"DataSourceArn": here + "datasource/lake", "Name": id, "InputColumns": columns("a", "b")}}
	return map[string]any{
		"DataSetId": id, "Name": id, "ImportMode": "SPICE", "PhysicalTableMap": map[string]any{"p": table},
		"LogicalTableMap": map[string]any{"t": map[string]any{"Alias": "t", "Source": map[string]any{"PhysicalTableId": "p"}}},
	}
}

func TestADatasetOfAnotherHasItsColumns(t *testing.T) {
	set := Read(map[string]map[string]any{"dataset/a-child": old("a-child", "parent"), "dataset/parent": plainSet("parent")})
	if len(set.Datasets) != 2 || set.Datasets[0].ID != "parent" {
		t.Fatalf("%+v, others %v", set.Datasets, set.Others)
	}
	if got := len(set.Datasets[1].Output()); got != 2 {
		t.Errorf("%d columns; want the parent's 2", got)
	}
}

func TestDatasetsThatAreMadeOfEachOtherEnd(t *testing.T) {
	set := Read(map[string]map[string]any{"dataset/a": old("a", "b"), "dataset/b": old("b", "a")})
	if n := len(set.Datasets) + len(set.Others); n != 2 {
		t.Errorf("%d of 2 are there: %+v", n, set)
	}
}

// What no type holds wholly stays as it was.
func TestNothingIsLost(t *testing.T) {
	all := map[string]map[string]any{
		"datasource/lake":          {"DataSourceId": "lake", "Type": "ATHENA"},
		"folder/f":                 {"FolderId": "f", "Name": "F", "FolderType": "SHARED"},
		"theme/t":                  {"ThemeId": "t", "Name": "T", "BaseThemeId": "CLASSIC", "VersionDescription": "no field", "Configuration": map[string]any{}},
		"dashboard/empty":          {"DashboardId": "empty", "Name": "E", "Definition": map[string]any{}},
		"dataset/odd":              {"DataSetId": "odd", "Name": "O", "ImportMode": "SPICE", "LogicalTableMap": map[string]any{}},
		"refreshSchedule/gone/one": {"DataSetId": "gone", "Schedule": map[string]any{"ScheduleId": "one", "RefreshType": "FULL_REFRESH"}},
		"topic/none":               {"TopicId": "none", "Name": "N"},
	}
	set := Read(all)
	if got := set.JSON(arn); !reflect.DeepEqual(jsontree.Plain(got), jsontree.Plain(all)) {
		t.Errorf("got %v\nwant %v", got, all)
	}
	if len(set.Others) != len(all) {
		t.Errorf("%d others; want %d", len(set.Others), len(all))
	}
}

func TestAReportKeepsItsThemeByIDOrWhole(t *testing.T) {
	dashboard := func(id, theme string) map[string]any {
		return map[string]any{"DashboardId": id, "Name": id, "ThemeArn": theme, "Definition": map[string]any{"DataSetIdentifierDeclarations": []any{map[string]any{"Identifier": "d", "DataSetArn": here + "dataset/d"}}}}
	}
	all := map[string]map[string]any{"dashboard/a": dashboard("a", here+"theme/house"), "dashboard/b": dashboard("b", "arn:aws:quicksight::aws:theme/MIDNIGHT")}
	set := Read(all)
	if len(set.Dashboards) != 2 || set.Dashboards[0].Theme != "house" || set.Dashboards[1].Theme != "arn:aws:quicksight::aws:theme/MIDNIGHT" {
		t.Fatalf("%+v", set)
	}
	if got := set.JSON(arn); !reflect.DeepEqual(jsontree.Plain(got), jsontree.Plain(all)) {
		t.Errorf("got %v\nwant %v", got, all)
	}
}
