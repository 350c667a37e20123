package preview

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// synthesized is a folder with a template that has the data set of [trades].
func synthesized(t *testing.T) string {
	t.Helper()
	d := trades()
	d.Steps = d.Steps[:1]
	properties := d.JSON(func(resource string) string { return "arn:aws:quicksight:eu-west-1:111111111111:" + resource })
	template, err := json.Marshal(map[string]any{"Resources": map[string]any{"Data": map[string]any{"Type": "AWS::QuickSight::DataSet", "Properties": properties}}})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "Stack.template.json"), template, 0o644); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestOver(t *testing.T) {
	folder := synthesized(t)
	const rows = `WITH "Trades" AS (WITH step0 AS (SELECT "day", "fund", "amount" FROM "db"."trades"),
step1 AS (SELECT "symbol" FROM (SELECT * FROM ratings) AS given),
step2 AS (SELECT l."day", l."fund", l."amount", r."symbol" FROM step0 AS l FULL OUTER JOIN step1 AS r ON l."fund" = r."symbol")
SELECT "day", "fund", "amount", "symbol" FROM step2)`
	for statement, want := range map[string]string{
		`SELECT count(*) FROM "Trades"`:               "\nSELECT count(*) FROM \"Trades\"",
		`with a AS (SELECT 1) SELECT * FROM "Trades"`: ",\na AS (SELECT 1) SELECT * FROM \"Trades\"",
	} {
		got, database, err := Over(folder, statement)
		if want = rows + want; err != nil || got != want || database != "db" {
			t.Errorf("%v, database %q\ngot\n%s\nwant\n%s", err, database, got, want)
		}
	}
	_, _, err := Over(folder, `SELECT * FROM trades`)
	if want := "the statement names no data set of " + folder + `; want "Trades"`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
