package question

import (
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/constructs/quicksight/topic"
)

// shop is a topic with something of everything.
func shop() topic.Definition {
	old := 18.0
	return topic.Definition{ID: "shop", Name: "Shop", Datasets: []topic.Dataset{{
		ID: "orders", Name: "Orders", Date: "day", By: topic.Day,
		Columns: []dataset.Column{
			{Name: "buyer", Type: dataset.String}, {Name: "town", Type: dataset.String}, {Name: "day", Type: dataset.DateTime}, {Name: "amount", Type: dataset.Decimal},
			{Name: "age", Type: dataset.Integer}, {Name: "secret", Type: dataset.String}, {Name: "rate", Type: dataset.Decimal},
		},
		Fields: []topic.Field{
			{Column: "buyer", Name: "Customer", Synonyms: []string{"client"}, Semantic: topic.Person, Values: []topic.Value{{Value: "A1", Synonyms: []string{"Ada"}}}},
			{Column: "town", Semantic: topic.Location}, {Column: "day", Name: "Order Day", By: topic.Day},
			{Column: "amount", Name: "Sales", Default: topic.Sum, Never: []topic.Aggregate{topic.Average}}, {Column: "age", Role: topic.Dimension},
			{Column: "secret", Name: "Margin", Excluded: true}, {Column: "rate", Only: []topic.Aggregate{topic.Max}},
		},
		Calculated: []topic.Calculated{{Field: topic.Field{Column: "Size"}, Type: dataset.String, Expression: "ifelse({amount} > 100, 'big', 'small')"}},
		Filters: []topic.Filter{
			{Name: "Adults", Column: "age", Least: &old, Apply: topic.Always}, {Name: "Home", Column: "town", In: []string{"Oslo"}, Apply: topic.Unless},
			{Name: "Recent", Column: "day", Last: 3, Unit: topic.Month},
		},
		Entities: []topic.Entity{{Name: "Card", Fields: []topic.Part{{Column: "buyer"}, {Column: "Size"}}}},
	}}}
}

// TestAnswer reads each ask as it stands in a table of questions.
func TestAnswer(t *testing.T) {
	const always = `WHERE "age" >= 18 AND "town" IN ('Oslo')`
	for ask, want := range map[string]string{
		"show: [{field: sales}], by: [client]": `SELECT "buyer" AS "Customer", sum("amount") AS "Sales"
FROM "Orders"
` + always + `
GROUP BY "buyer"
ORDER BY "Customer"`,
		"who: true, if: [{field: customer, is: [ada, Bob]}, {field: town, not: [Bergen]}]": `SELECT DISTINCT "buyer" AS "Customer"
FROM "Orders"
WHERE "buyer" IN ('A1', 'Bob') AND "town" NOT IN ('Bergen') AND "age" >= 18
ORDER BY "Customer"`,
		"where: true, when: true, filters: [Recent, Home]": `SELECT DISTINCT "town" AS "town", "day" AS "Order Day"
FROM "Orders"
WHERE "age" >= 18 AND "town" IN ('Oslo') AND "day" >= date_add('month', -2, date_trunc('month', current_date))
ORDER BY "town", "Order Day"`,
		"show: [{field: sales}], each: MONTH, change: true": `SELECT date_trunc('month', "day") AS "Order Day", sum("amount") AS "Sales", ` +
			`sum("amount") - lag(sum("amount")) OVER (ORDER BY date_trunc('month', "day")) AS "Change of Sales"
FROM "Orders"
` + always + `
GROUP BY date_trunc('month', "day")
ORDER BY "Order Day"`,
		"by: [card], if: [{field: order day, from: 2026-01-01, until: 2026-01-31}]": `SELECT DISTINCT "buyer" AS "Customer", CASE WHEN ("amount" > 100) THEN 'big' ELSE 'small' END AS "Size"
FROM "Orders"
WHERE "day" >= DATE '2026-01-01' AND "day" < DATE '2026-02-01' AND "age" >= 18 AND "town" IN ('Oslo')
ORDER BY "Customer", "Size"`,
		"show: [{field: sales}], by: [town], share: true, above: 9.5, sort: sales, descending: true, top: 2, or: [{field: town, is: [a'b]}, {field: age, most: 30}]": `SELECT "town" AS "town", ` +
			`sum("amount") AS "Sales", 100.0 * sum("amount") / sum(sum("amount")) OVER () AS "Percent of Sales"
FROM "Orders"
WHERE ("town" IN ('a''b') OR "age" <= 30) AND "age" >= 18
GROUP BY "town"
HAVING sum("amount") > 9.5
ORDER BY "Sales" DESC, "town"
LIMIT 2`,
	} {
		got, err := Answer(shop(), read(t, ask))
		if err != nil || got != want {
			t.Errorf("{%s}: %v\ngot\n%s\nwant\n%s", ask, err, got, want)
		}
	}
}

func read(t *testing.T, ask string) Question {
	t.Helper()
	if !strings.Contains(ask, "of: ") {
		ask = "of: Orders, " + ask
	}
	questions, err := Read([]byte("- {kind: list, question: Q, ask: {" + ask + "}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return questions[0]
}

func TestAnswerSaysWhatIsInTheWay(t *testing.T) {
	for ask, want := range map[string]string{
		"of: Order, by: [town]":                                 `the topic has no dataset "Order"; want one of its datasets; nearest is "Orders"`,
		"by: [margin]":                                          `field "margin" is excluded from Orders`,
		"by: [secret]":                                          `field "secret" is excluded from Orders`,
		"by: [clients]":                                         `field "clients" is not in Orders; want a name or synonym of one; nearest is "client"`,
		"show: [{field: sales, as: AVERAGE}]":                   `field "Sales" must not be summed up by AVERAGE`,
		"show: [{field: rate, as: SUM}]":                        `field "rate" must not be summed up by SUM`,
		"show: [{field: rate}]":                                 `field "rate": neither the question nor the topic says how it is summed up`,
		"show: [{field: age, as: SUM}]":                         `field "age" is a dimension, which can be counted but has no SUM`,
		"show: [{field: sales, as: PERCENTILE}]":                `field "Sales": PERCENTILE is no aggregate of a question`,
		"show: [{field: sales}], each: HOUR":                    `field "Order Day" stands for a DAY, so nothing can be said by HOUR`,
		"show: [{field: sales}], change: true":                  `a change wants a period: each`,
		"by: [town], sort: customer":                            `field "Customer" is not in the answer, which cannot be sorted by it`,
		"by: [town], if: [{field: town}]":                       `field "town" is compared with nothing`,
		"by: [town], if: [{field: town, least: 3}]":             `field "town" holds values of type STRING, which cannot be compared so`,
		"by: [town], or: [{field: age, is: [old]}]":             `field "age" holds values of type INTEGER, which cannot be compared so`,
		"by: [town], if: [{field: sales, last: 3, unit: YEAR}]": `field "Sales" holds values of type DECIMAL, which cannot be compared so`,
		"by: [town], if: [{field: order day, last: 3}]":         `field "Order Day": unit is ""; want "YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE" or "SECOND"`,
		"show: [{field: sales}], each: year":                    `each is "year"; want "YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE" or "SECOND"`,
		"by: [town], filters: [Old]":                            `Orders has no filter "Old"`,
		"if: [{field: town, is: [Oslo]}]":                       `nothing is asked: want something to show, or to group by`,
		"by: [town], if: [{field: twn, is: [Oslo]}]":            `field "twn" is not in Orders; want a name or synonym of one; nearest is "town"`,
	} {
		_, err := Answer(shop(), read(t, ask))
		if want = `question "Q": ` + want; err == nil || err.Error() != want {
			t.Errorf("{%s}:\ngot  %v\nwant %s", ask, err, want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	_, err := Read([]byte("- {kind: group, question: Q}\n"))
	if want := `question "Q": kind is "group"; want one that Q answers`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := Read([]byte("- {kind: list, quesion: Q}\n")); err == nil || !strings.Contains(err.Error(), `unknown field "quesion"`) {
		t.Errorf("got %v", err)
	}
}
