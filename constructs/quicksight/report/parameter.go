package report

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Parameter is a value that a reader or a link can set, and that filters and calculated fields use.
type Parameter struct {
	Name string       // letters and digits, unique in the definition
	Type dataset.Type // String, Integer, Decimal or DateTime
	Many bool         // whether it may have several values; dates have one

	// Defaults are its values until somebody sets others: text, numbers, or dates as
	// "2006-01-02" or "2006-01-02T15:04:05Z".
	Defaults []string

	// Rolling is a default date in terms of today, e.g. "truncDate('MM', now())".
	Rolling string

	More map[string]any // see [Definition]
}

var parameterName = regexp.MustCompile(`^[a-zA-Z0-9]+$`)

var declarations = map[dataset.Type]string{
	dataset.String: "StringParameterDeclaration", dataset.Integer: "IntegerParameterDeclaration",
	dataset.Decimal: "DecimalParameterDeclaration", dataset.DateTime: "DateTimeParameterDeclaration",
}

func (d Definition) checkParameters(faults *check.Faults) {
	faults.Want(len(d.Parameters) <= 400, "Parameters", len(d.Parameters), "at most 400 parameters")
	for i, p := range d.Parameters {
		at := fmt.Sprintf("Parameters[%d]", i)
		twice := slices.ContainsFunc(d.Parameters[:i], func(o Parameter) bool { return o.Name == p.Name })
		faults.Want(parameterName.MatchString(p.Name) && !twice, at+".Name", p.Name, "letters and digits that no other parameter has")
		if declarations[p.Type] == "" {
			faults.Want(false, at+".Type", string(p.Type), `"STRING", "INTEGER", "DECIMAL" or "DATETIME"`)
			continue
		}
		faults.Want(!p.Many || p.Type != dataset.DateTime, at+".Many", p.Many, "false, for a date has one value")
		faults.Want(p.Many || len(p.Defaults) <= 1, at+".Defaults", len(p.Defaults), "at most one value, or Many")
		faults.Want(p.Rolling == "" || p.Type == dataset.DateTime && len(p.Defaults) == 0, at+".Rolling", p.Rolling, "a DATETIME without other defaults")
		for j, text := range p.Defaults {
			_, err := p.value(text)
			faults.Want(err == nil, fmt.Sprintf("%s.Defaults[%d]", at, j), text, "a value of type "+string(p.Type))
		}
	}
}

// value is a default as the service writes it.
func (p Parameter) value(text string) (any, error) {
	switch p.Type {
	case dataset.Integer:
		return strconv.Atoi(text)
	case dataset.Decimal:
		return strconv.ParseFloat(text, 64)
	case dataset.DateTime:
		return readDate(text)
	}
	return text, nil
}

// readDate reads a date with or without a time, and writes it as the service does.
func readDate(text string) (string, error) {
	for _, format := range []string{time.DateOnly, time.RFC3339} {
		if date, err := time.Parse(format, text); err == nil {
			return date.UTC().Format(time.RFC3339), nil
		}
	}
	return "", fmt.Errorf("%q is no date", text)
}

// wantParameter records a fault unless the parameter is declared.
func (d Definition) wantParameter(faults *check.Faults, field, name string) Parameter {
	names := make([]string, len(d.Parameters))
	for i, p := range d.Parameters {
		names[i] = p.Name
	}
	i := slices.Index(names, name)
	faults.Want(i >= 0, field, name, check.Suggest("the name of a parameter", name, names))
	if i < 0 {
		return Parameter{}
	}
	return d.Parameters[i]
}

func (p Parameter) json() any {
	values := jsontree.List(p.Defaults, func(_ int, text string) any {
		value, _ := p.value(text)
		return value
	})
	rolling := jsontree.When(p.Rolling != "", map[string]any{"Expression": p.Rolling})
	body := jsontree.Object("Name", p.Name, "DefaultValues", jsontree.Object("StaticValues", values, "RollingDate", rolling))
	if p.Type != dataset.DateTime {
		body["ParameterValueType"] = map[bool]string{true: "MULTI_VALUED", false: "SINGLE_VALUED"}[p.Many]
	}
	return map[string]any{declarations[p.Type]: jsontree.Merge(body, p.More)}
}

func readParameter(n jsontree.Node) Parameter {
	body := n.At(n.Only())
	p := Parameter{Name: body.At("Name").Text(), Many: body.At("ParameterValueType").Text() == "MULTI_VALUED", Rolling: body.At("DefaultValues", "RollingDate", "Expression").Text()}
	for kind, name := range declarations {
		if name == n.Only() {
			p.Type = kind
		}
	}
	for _, value := range body.At("DefaultValues", "StaticValues").List() {
		text := value.Text()
		if p.Type == dataset.Integer || p.Type == dataset.Decimal {
			text = strconv.FormatFloat(value.Number(), 'f', -1, 64)
		}
		p.Defaults = append(p.Defaults, text)
	}
	p.More = more(p.json(), n)
	return p
}
