package dataset

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Read reads a dataset in the service's JSON: what [Definition.JSON] writes, what
// DescribeDataSet returns, or a dataset of an exported bundle. Written again, it
// is the same JSON, but that the shape that CloudFormation has deprecated, LogicalTableMap,
// becomes the current one.
func Read(properties map[string]any) (Definition, error) {
	plain := jsontree.Plain(properties).(map[string]any)
	n := jsontree.Of(plain)
	d := Definition{
		ID: n.At("DataSetId").Text(), Name: n.At("Name").Text(), Direct: n.At("ImportMode").Text() == "DIRECT_QUERY",
		ForRules: n.At("UseAs").Text() == "RLS_RULES", Lookback: readLookback(n.At("DataSetRefreshProperties")), IDs: map[string]string{},
	}
	for _, key := range n.At("PerformanceConfiguration", "UniqueKeys").List() {
		d.UniqueKey = strings.Join(key.At("ColumnNames").Texts(), ",")
	}
	r := reader{n: n, d: &d, seen: map[string]bool{}}
	legacy := !n.At("DataPrepConfiguration").Is()
	read := r.current
	if legacy {
		read = r.legacy
	}
	if err := read(); err != nil {
		return Definition{}, fmt.Errorf("dataset %q: %w", d.ID, err)
	}
	r.about()
	for _, h := range n.At("ColumnGroups").List() {
		h = h.At("GeoSpatialColumnGroup")
		d.Hierarchies = append(d.Hierarchies, Hierarchy{h.At("Name").Text(), h.At("Columns").Texts(), h.At("CountryCode").Text() == "US"})
	}
	folders := n.At("FieldFolders")
	for _, path := range folders.Keys() {
		f := folders.At(path)
		d.Folders = append(d.Folders, Folder{path, f.At("Description").Text() + f.At("description").Text(), append(f.At("Columns").Texts(), f.At("columns").Texts()...)})
	}
	if legacy {
		return d, nil
	}
	arns := arnsOf(plain)
	d.More = jsontree.Diff(jsontree.Plain(d.JSON(arns)).(map[string]any), plain)
	return d, nil
}

// arnsOf gives back the ARNs that were read, so that they are no difference.
func arnsOf(tree any) ARN {
	known := map[string]string{}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		case string:
			if match := quicksightARN.FindStringSubmatch(v); match != nil {
				known[match[1]] = v
			}
		}
	}
	walk(tree)
	return func(resource string) string {
		if arn, is := known[resource]; is {
			return arn
		}
		// What was no ARN was kept as it stood.
		_, id, _ := strings.Cut(resource, "/")
		return id
	}
}

var quicksightARN = regexp.MustCompile(`^arn:[^:]+:quicksight:[^:]*:[^:]*:(.+)$`)

// A reader turns the service's graph of steps into chains, one a table.
type reader struct {
	n    jsontree.Node
	d    *Definition
	seen map[string]bool // steps that were read
}

// current reads the shape with DataPrepConfiguration.
func (r *reader) current() error {
	prep := r.n.At("DataPrepConfiguration")
	destination := prep.At("DestinationTableMap").Only()
	model := r.n.At("SemanticModelConfiguration", "TableMap")
	name, steps, err := r.chain(prep.At("DestinationTableMap", destination, "Source", "TransformOperationId").Text())
	if err != nil {
		return err
	}
	r.d.Steps = steps
	r.first(name)
	r.keep("destination", name, destination)
	r.keep("model", name, model.Only())
	readSecurity(r.d, r.n, model.At(model.Only()))
	return nil
}

// first moves the table that everything begins at to the front.
func (r *reader) first(name string) {
	isFirst := func(t Table) bool { return t.Name == name }
	table := r.d.Tables[slices.IndexFunc(r.d.Tables, isFirst)]
	r.d.Tables = slices.Insert(slices.DeleteFunc(r.d.Tables, isFirst), 0, table)
}

// keep remembers the service's name where it is not the one made here.
func (r *reader) keep(kind, ours, theirs string) {
	if ours != theirs && theirs != "" {
		r.d.IDs[kind+"/"+ours] = theirs
	}
}

// chain reads the steps that end at id: the name of the table that they begin at, and the steps.
func (r *reader) chain(id string) (string, []Step, error) {
	ids, kinds := []string{}, []jsontree.Node{}
	steps := r.n.At("DataPrepConfiguration", "TransformStepMap")
	for {
		node := steps.At(id)
		if !node.Is() || r.seen[id] {
			return "", nil, fmt.Errorf("step %q is not there, or is used twice", id)
		}
		r.seen[id] = true
		ids, kinds = append(ids, id), append(kinds, node)
		body := node.At(node.Only())
		if node.Only() == "ImportTableStep" {
			break
		}
		if id = body.At("Source", "TransformOperationId").Text(); node.Only() == "JoinStep" {
			id = body.At("LeftOperand", "TransformOperationId").Text()
		}
	}
	slices.Reverse(ids)
	slices.Reverse(kinds)
	name, err := r.table(kinds[0].At("ImportTableStep"))
	if err != nil {
		return "", nil, err
	}
	var done []Step
	for i, node := range kinds {
		r.keep("step", fmt.Sprintf("%s-%d", name, i), ids[i])
		if i == 0 {
			continue
		}
		step, err := r.step(node.Only(), node.At(node.Only()), fmt.Sprintf("%s-%d", name, i))
		if err != nil {
			return "", nil, fmt.Errorf("step %q: %w", ids[i], err)
		}
		done = append(done, step)
	}
	return name, done, nil
}

// table reads the table that a chain begins at.
func (r *reader) table(step jsontree.Node) (string, error) {
	id := step.At("Source", "SourceTableId").Text()
	source := r.n.At("DataPrepConfiguration", "SourceTableMap", id)
	table := Table{Name: r.free(step.At("Alias").Text(), id)}
	r.keep("source", table.Name, id)
	if parent := source.At("DataSet"); parent.Is() {
		table.From, table.Columns = Parent{resource(parent.At("DataSetArn").Text(), "dataset/")}, readColumns(parent.At("InputColumns"))
	} else {
		physical := source.At("PhysicalTableId").Text()
		r.keep("table", table.Name, physical)
		var err error
		if table.From, table.Columns, err = readTable(r.n.At("PhysicalTableMap", physical)); err != nil {
			return "", err
		}
	}
	r.d.Tables = append(r.d.Tables, table)
	return table.Name, nil
}

var notInName = regexp.MustCompile(`[^0-9A-Za-z]+`)

// free is a name for a table: its alias if that will do, else its id.
func (r *reader) free(alias, id string) string {
	name := strings.Trim(notInName.ReplaceAllString(alias, "-"), "-")
	taken := func(n string) bool { return slices.ContainsFunc(r.d.Tables, func(t Table) bool { return t.Name == n }) }
	if !tablePattern.MatchString(name) || taken(name) {
		name = id
	}
	for n := 2; taken(name); n++ {
		name = fmt.Sprintf("table-%d", n)
	}
	return name
}

// step reads one step; ours is its name here.
func (r *reader) step(kind string, body jsontree.Node, ours string) (Step, error) {
	switch kind {
	case "JoinStep":
		return r.join(body)
	case "RenameColumnsStep":
		return readRename(body.At("RenameColumnOperations").List()), nil
	case "CastColumnTypesStep":
		return readCast(body.At("CastColumnTypeOperations").List()), nil
	case "CreateColumnsStep":
		for i, c := range body.At("Columns").List() {
			r.keep("column", fmt.Sprintf("%s-%d", ours, i), c.At("ColumnId").Text())
		}
		return readFormulas(body.At("Columns").List()), nil
	case "FiltersStep":
		return readFilter(body.At("FilterOperations").List())
	case "ProjectStep":
		return Project(body.At("ProjectedColumns").Texts()), nil
	case "AggregateStep":
		return r.aggregate(body, ours)
	}
	return nil, fmt.Errorf("a step of kind %q has no form here", kind)
}

func (r *reader) join(body jsontree.Node) (Step, error) {
	name, steps, err := r.chain(body.At("RightOperand", "TransformOperationId").Text())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(r.d.Tables, func(t Table) bool { return t.Name == name })
	r.d.Tables[i].Steps = steps
	pairs, err := readClause(body.At("OnClause").Text())
	if err != nil {
		return nil, err
	}
	return Join{Table: name, Type: JoinType(body.At("Type").Text()), On: pairs}, nil
}

var onClause = regexp.MustCompile(`^\s*(?:\{([^{}]+)\}|(\w+))\s*=\s*(?:\{([^{}]+)\}|(\w+))\s*$`)

// readClause takes "{a} = {b} AND {c} = {d}" apart.
func readClause(clause string) ([]Pair, error) {
	var pairs []Pair
	for _, part := range regexp.MustCompile(`(?i)\s+and\s+`).Split(clause, -1) {
		match := onClause.FindStringSubmatch(part)
		if match == nil {
			return nil, fmt.Errorf("the condition %q is not of the form {column} = {column}", part)
		}
		pairs = append(pairs, Pair{match[1] + match[2], match[3] + match[4]})
	}
	return pairs, nil
}

func (r *reader) aggregate(body jsontree.Node, ours string) (Step, error) {
	a := Aggregate{By: body.At("GroupByColumnNames").Texts()}
	for i, total := range body.At("Aggregations").List() {
		simple := total.At("AggregationFunction", "SimpleAggregation")
		if !simple.Is() {
			return nil, fmt.Errorf("the aggregation of %q has no form here", total.At("NewColumnName").Text())
		}
		r.keep("column", fmt.Sprintf("%s-%d", ours, i), total.At("NewColumnId").Text())
		a.Values = append(a.Values, Total{total.At("NewColumnName").Text(), simple.At("InputColumnName").Text(), Figure(simple.At("FunctionType").Text())})
	}
	return a, nil
}

func readRename(list []jsontree.Node) Rename {
	var names Rename
	for _, n := range list {
		names = append(names, NewName{n.At("ColumnName").Text(), n.At("NewColumnName").Text()})
	}
	return names
}

func readCast(list []jsontree.Node) Cast {
	var types Cast
	for _, n := range list {
		types = append(types, NewType{n.At("ColumnName").Text(), joined(n.At("NewColumnType").Text(), n.At("SubType").Text()), n.At("Format").Text()})
	}
	return types
}

// readFormulas reads calculated columns. The service does not say what type they have, so it is guessed;
// whoever takes the definition over corrects it.
func readFormulas(list []jsontree.Node) Calculate {
	var formulas Calculate
	for _, n := range list {
		expression := n.At("Expression").Text()
		formulas = append(formulas, Formula{n.At("ColumnName").Text(), guess(expression), expression})
	}
	return formulas
}

// guess is the type of what an expression's outermost function returns.
func guess(expression string) Type {
	function, _, _ := strings.Cut(strings.TrimSpace(expression), "(")
	switch strings.ToLower(strings.TrimSpace(function)) {
	case "sum", "avg", "min", "max", "round", "abs", "sqrt", "exp", "ln", "log", "decimaltoint", "parsedecimal", "percentiledisc", "median", "stdev", "var":
		return Decimal
	case "count", "distinct_count", "datediff", "extract", "strlen", "locate", "ceil", "floor", "parseint", "rank", "denserank":
		return Integer
	case "parsedate", "adddatetime", "truncdate", "now", "epochdate":
		return DateTime
	}
	return String
}

func readFilter(list []jsontree.Node) (Step, error) {
	var filter Filter
	for _, n := range list {
		condition, ok := readCondition(n)
		if !ok {
			return nil, fmt.Errorf("a condition of kind %q has no form here", n.Only())
		}
		filter = append(filter, condition)
	}
	return filter, nil
}

// about reads what is said of columns.
func (r *reader) about() {
	model := r.n.At("SemanticModelConfiguration", "TableMap")
	for _, about := range model.At(model.Only(), "SemanticMetadata", "ColumnMetadata").List() {
		for _, name := range about.At("ColumnNames").Texts() {
			a := About{Column: name}
			for _, property := range about.At("ColumnProperties").List() {
				a.Description += property.At("Description", "Text").Text()
				a.Place += Place(property.At("SemanticType", "GeographicalRole").Text())
			}
			r.d.Columns = append(r.d.Columns, a)
		}
	}
}
