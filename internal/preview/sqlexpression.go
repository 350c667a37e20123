package preview

import (
	"fmt"
	"math"
	"strings"
)

// templates are the functions of calculations as SQL. $1 and so on are arguments, $* is all of them.
// Those without a template are made by [node.sql] itself, or have no form in a statement.
var templates = map[string]string{
	"abs": "abs($1)", "ceil": "ceil($1)", "floor": "floor($1)", "sqrt": "sqrt($1)", "exp": "exp($1)", "ln": "ln($1)", "log": "log10($1)", "round": "round($*)",
	"concat": "concat($*)", "toLower": "lower($1)", "toUpper": "upper($1)", "trim": "trim($1)", "strlen": "length($1)", "substring": "substring($1, $2, $3)",
	"left": "substring($1, 1, $2)", "right": "substring($1, greatest(1, length($1) - $2 + 1))", "replace": "replace($1, $2, $3)",
	"contains": "(strpos($1, $2) > 0)", "startsWith": "(strpos($1, $2) = 1)", "endsWith": "(substring($1, length($1) - length($2) + 1) = $2)",
	"isNull": "($1 IS NULL)", "isNotNull": "($1 IS NOT NULL)", "coalesce": "coalesce($*)", "nullIf": "nullif($1, $2)",
	"toString": "CAST($1 AS varchar)", "parseInt": "CAST($1 AS bigint)", "parseDecimal": "CAST($1 AS double)", "decimalToInt": "CAST(trunc($1) AS bigint)", "intToDecimal": "CAST($1 AS double)",
	"now": "current_timestamp", "truncDate": "date_trunc($1, $2)", "addDateTime": "date_add($2, $1, $3)", "extract": "", "ifelse": "", "in": "",
	"sum": "sum($1)", "avg": "avg($1)", "min": "min($1)", "max": "max($1)", "count": "count($1)", "distinct_count": "count(DISTINCT $1)",
	"median": "approx_percentile($1, 0.5)", "stdev": "stddev_samp($1)", "stdevp": "stddev_pop($1)", "var": "var_samp($1)", "varp": "var_pop($1)",
}

// arity is how many arguments a function takes.
func arity(name string) (least, most int) {
	switch name {
	case "ifelse":
		return 3, math.MaxInt
	case "in", "concat", "coalesce":
		return 2, math.MaxInt
	case "round":
		return 1, 2
	case "extract":
		return 2, 2
	}
	for n := 3; n > 0; n-- {
		if strings.Contains(templates[name], fmt.Sprint("$", n)) {
			return n, n
		}
	}
	return 0, 0
}

var sqlPeriods = map[string]string{"YYYY": "year", "Q": "quarter", "MM": "month", "WK": "week", "DD": "day", "HH": "hour", "MI": "minute", "SS": "second", "WD": "dow"}

// sql is the calculation in the language of Athena.
func (n node) sql() (string, error) {
	switch {
	case n.Number != nil:
		return fmt.Sprint(*n.Number), nil
	case n.Text != nil:
		return quoted(*n.Text), nil
	case n.Column != "":
		return name(n.Column), nil
	case n.Parameter != "":
		return "", fmt.Errorf("a data set cannot know the parameter %s", n.Parameter)
	}
	parts := make([]string, len(n.Of))
	for i, arg := range n.Of {
		text, err := arg.sql()
		if err != nil {
			return "", err
		}
		if period, is := sqlPeriods[strings.Trim(text, "'")]; is && (n.Call == "truncDate" || n.Call == "addDateTime" || n.Call == "extract") {
			text = quoted(period)
		}
		parts[i] = text
	}
	return n.call(parts)
}

func (n node) call(parts []string) (string, error) {
	switch n.Call {
	case "ifelse":
		return cases(parts), nil
	case "in":
		return fmt.Sprintf("(%s IN (%s))", parts[0], strings.Join(parts[1:], ", ")), nil
	case "extract":
		return fmt.Sprintf("extract(%s FROM %s)", strings.Trim(parts[0], "'"), parts[1]), nil
	case "not":
		return fmt.Sprintf("(NOT %s)", parts[0]), nil
	case "^":
		return fmt.Sprintf("power(%s, %s)", parts[0], parts[1]), nil
	case "/":
		return fmt.Sprintf("(CAST(%s AS double) / nullif(%s, 0))", parts[0], parts[1]), nil
	}
	template, function := templates[n.Call]
	if !function {
		return fmt.Sprintf("(%s %s %s)", parts[0], n.Call, parts[1]), nil
	}
	pairs := []string{"$*", strings.Join(parts, ", ")}
	for i, part := range parts {
		pairs = append(pairs, fmt.Sprint("$", i+1), part)
	}
	return strings.NewReplacer(pairs...).Replace(template), nil
}

func cases(parts []string) string {
	var text strings.Builder
	text.WriteString("CASE")
	for i := 0; i+1 < len(parts); i += 2 {
		fmt.Fprintf(&text, " WHEN %s THEN %s", parts[i], parts[i+1])
	}
	if len(parts)%2 == 1 {
		fmt.Fprintf(&text, " ELSE %s", parts[len(parts)-1])
	}
	return text.String() + " END"
}

func name(column string) string { return `"` + strings.ReplaceAll(column, `"`, `""`) + `"` }
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
