package preview

import (
	"strings"
	"testing"
	"time"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
)

func trades() dataset.Definition {
	text, number := dataset.String, dataset.Decimal
	return dataset.Definition{
		ID: "trades", Name: "Trades",
		Tables: []dataset.Table{
			{Name: "t", From: dataset.Relation{Schema: "db", Table: "trades"}, Columns: []dataset.Column{{Name: "day", Type: text}, {Name: "fund", Type: text}, {Name: "amount", Type: number}}},
			{Name: "r", From: dataset.SQL{Query: "SELECT * FROM ratings;"}, Columns: []dataset.Column{{Name: "symbol", Type: text}}},
		},
		Steps: []dataset.Step{
			dataset.Join{Table: "r", Type: dataset.Outer, On: []dataset.Pair{{Left: "fund", Right: "symbol"}}},
			dataset.Cast{{Column: "day", To: dataset.DateTime, Format: "MM/dd/yyyy"}},
			dataset.Rename{{Column: "day", To: "Trade Date"}},
			dataset.Calculate{{Name: "size", Type: text, Expression: "ifelse({amount} > 10 AND not isNull({fund}), 'it''s big', 'small')"}},
		},
	}
}

func TestSelectOf(t *testing.T) {
	// Quotes are not doubled in the service's language, so the text ends at the second one: a fault, told as one.
	d := trades()
	_, err := selectOf("trades", nil, map[string]dataset.Definition{"trades": d})
	if want := `want "," before "s big"`; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got  %v\nwant … %s", err, want)
	}
	d.Steps[3] = dataset.Calculate{{Name: "size", Type: dataset.String, Expression: "ifelse({amount} > 10 AND not isNull({fund}), \"it's big\", 'small')"}}
	least := 1.0
	d.Steps = append(d.Steps, dataset.Filter{{Column: "fund", NotIn: []string{"X"}}, {Column: "amount", Least: &least}, {Column: "Trade Date", From: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}},
		dataset.Aggregate{By: []string{"size"}, Values: []dataset.Total{{Name: "n", Figure: dataset.Count}, {Name: "sum", Of: "amount", Figure: dataset.Sum}}})
	parent := dataset.Definition{ID: "p", Tables: []dataset.Table{{Name: "t", From: dataset.Parent{Dataset: "trades"}, Columns: []dataset.Column{{Name: "n", Type: dataset.Integer}}}}}
	got, err := selectOf("p", parent.Output(), map[string]dataset.Definition{"p": parent, "trades": d})
	if err != nil {
		t.Fatal(err)
	}
	want := `WITH step0 AS (SELECT "day", "fund", "amount" FROM "db"."trades"),
step1 AS (SELECT "symbol" FROM (SELECT * FROM ratings) AS given),
step2 AS (SELECT l."day", l."fund", l."amount", r."symbol" FROM step0 AS l FULL OUTER JOIN step1 AS r ON l."fund" = r."symbol"),
step3 AS (SELECT date_parse("day", '%m/%d/%Y') AS "day", "fund", "amount", "symbol" FROM step2),
step4 AS (SELECT "day" AS "Trade Date", "fund" AS "fund", "amount" AS "amount", "symbol" AS "symbol" FROM step3),
step5 AS (SELECT *, CASE WHEN (("amount" > 10) and (NOT ("fund" IS NULL))) THEN 'it''s big' ELSE 'small' END AS "size" FROM step4),
step6 AS (SELECT * FROM step5 WHERE "fund" NOT IN ('X') AND "amount" >= 1 AND "Trade Date" >= TIMESTAMP '2026-01-02 00:00:00'),
step7 AS (SELECT "size", count(*) AS "n", sum("amount") AS "sum" FROM step6 GROUP BY "size"),
step8 AS (SELECT "n" FROM step7)
SELECT "n" FROM step8`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSelectOfWhatCannotBeAsked(t *testing.T) {
	files := dataset.Definition{ID: "files", Tables: []dataset.Table{{Name: "f", From: dataset.Manifest{Source: "s"}}}}
	self := dataset.Definition{ID: "self", Tables: []dataset.Table{{Name: "s", From: dataset.Parent{Dataset: "self"}}}}
	all := map[string]dataset.Definition{"files": files, "self": self}
	for id, want := range map[string]string{
		"nowhere": `the data set "nowhere" is in no template; give its rows with --data`,
		"files":   `the data set "files": table f has its rows in files that a manifest lists; give the data set's rows with --data`,
		"self":    `the data set "self": the data set "self" is made of itself`,
	} {
		if _, err := selectOf(id, nil, all); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
