package preview

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestSQL(t *testing.T) {
	for expression, want := range map[string]string{
		"{a} + 2 * {b c}":                 `("a" + (2 * "b c"))`,
		"({a} + 2) * -b":                  `(("a" + 2) * (0 - "b"))`,
		"{a} / {b}":                       `(CAST("a" AS double) / nullif("b", 0))`,
		"{a} <> 'x' OR {b} >= 1.5":        `(("a" <> 'x') or ("b" >= 1.5))`,
		"in({a}, 'x', 'y')":               `("a" IN ('x', 'y'))`,
		"truncDate('MM', {day})":          `date_trunc('month', "day")`,
		"addDateTime(-1, 'YYYY', {d})":    `date_add('year', (0 - 1), "d")`,
		"extract('YYYY', {d})":            `extract(year FROM "d")`,
		"sum({a}) / distinct_count({b})":  `(CAST(sum("a") AS double) / nullif(count(DISTINCT "b"), 0))`,
		"IFELSE({a}=1,'x',{a}=2,'y','z')": `CASE WHEN ("a" = 1) THEN 'x' WHEN ("a" = 2) THEN 'y' ELSE 'z' END`,
	} {
		got, err := sqlOf(expression)
		if err != nil || got != want {
			t.Errorf("%s\ngot  %s (%v)\nwant %s", expression, got, err, want)
		}
	}
}

func TestParseFaults(t *testing.T) {
	for expression, want := range map[string]string{
		"{a} +":            `the calculation "{a} +": "the end" is not expected`,
		"{a} {b}":          `the calculation "{a} {b}": "b" is not expected`,
		"({a}":             `the calculation "({a}": want ")" before "the end"`,
		"{a} & 1":          `the calculation "{a} & 1": "& 1" is not understood`,
		"trunkDate('D',1)": `the calculation "trunkDate('D',1)": the function trunkDate is not in the preview; did you mean truncDate?`,
		"sumOver({a})":     `the calculation "sumOver({a})": the function sumOver is not in the preview`,
		"abs()":            `the calculation "abs()": abs takes another number of arguments than 0`,
		"sum({a}, [{b}])":  `the calculation "sum({a}, [{b}])": groups in brackets are not in the preview`,
	} {
		if _, err := parse(expression); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// A function that is parsed and that the page cannot compute would fail on the page only.
func TestPageHasEveryFunction(t *testing.T) {
	text, err := os.ReadFile("page/expression.js")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, match := range regexp.MustCompile(`(?m)(?:^|[{,\s])(\w+): `).FindAllStringSubmatch(string(text), -1) {
		names = append(names, match[1])
	}
	for function := range templates {
		if !slices.Contains(names, strings.ToLower(function)) {
			t.Errorf("page/expression.js has no %s", strings.ToLower(function))
		}
	}
}
