package dataset

import (
	"fmt"
	"slices"

	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// legacy reads the shape with LogicalTableMap: tables that are made of physical tables, datasets
// or a join of two other logical tables, each with its transforms.
func (r *reader) legacy() error {
	logical := r.n.At("LogicalTableMap")
	root, err := r.root(logical)
	if err != nil {
		return err
	}
	name, steps, err := r.logical(root)
	if err != nil {
		return err
	}
	r.d.Steps = steps
	r.first(name)
	readSecurity(r.d, r.n, jsontree.Node{})
	r.d.IDs = nil // the names of steps are new ones
	return nil
}

// root is the logical table that no join uses.
func (r *reader) root(logical jsontree.Node) (string, error) {
	used := map[string]bool{}
	for _, id := range logical.Keys() {
		join := logical.At(id, "Source", "JoinInstruction")
		used[join.At("LeftOperand").Text()], used[join.At("RightOperand").Text()] = true, true
	}
	roots := slices.DeleteFunc(logical.Keys(), func(id string) bool { return used[id] })
	if len(roots) != 1 {
		return "", fmt.Errorf("LogicalTableMap has %d tables that no join uses; want one", len(roots))
	}
	return roots[0], nil
}

// logical reads a logical table: the table that it begins at, and its steps.
func (r *reader) logical(id string) (string, []Step, error) {
	if r.seen[id] {
		return "", nil, fmt.Errorf("logical table %q is used twice", id)
	}
	r.seen[id] = true
	n := r.n.At("LogicalTableMap", id)
	if !n.Is() {
		return "", nil, fmt.Errorf("logical table %q is not there", id)
	}
	name, steps, err := r.logicalSource(n, id)
	if err != nil {
		return "", nil, err
	}
	for _, transform := range n.At("DataTransforms").List() {
		if steps, err = r.transform(steps, transform); err != nil {
			return "", nil, fmt.Errorf("logical table %q: %w", id, err)
		}
	}
	return name, steps, nil
}

func (r *reader) logicalSource(n jsontree.Node, id string) (string, []Step, error) {
	if join := n.At("Source", "JoinInstruction"); join.Is() {
		return r.logicalJoin(join)
	}
	table := Table{Name: r.free(n.At("Alias").Text(), id)}
	var err error
	if parent := n.At("Source", "DataSetArn"); parent.Is() {
		// The old shape does not say what columns the other dataset has; the caller fills them in.
		table.From = Parent{resource(parent.Text(), "dataset/")}
	} else {
		table.From, table.Columns, err = readTable(r.n.At("PhysicalTableMap", n.At("Source", "PhysicalTableId").Text()))
	}
	r.d.Tables = append(r.d.Tables, table)
	return table.Name, nil, err
}

func (r *reader) logicalJoin(join jsontree.Node) (string, []Step, error) {
	name, steps, err := r.logical(join.At("LeftOperand").Text())
	if err != nil {
		return "", nil, err
	}
	right, rightSteps, err := r.logical(join.At("RightOperand").Text())
	if err != nil {
		return "", nil, err
	}
	i := slices.IndexFunc(r.d.Tables, func(t Table) bool { return t.Name == right })
	r.d.Tables[i].Steps = rightSteps
	pairs, err := readClause(join.At("OnClause").Text())
	return name, append(steps, Join{Table: right, Type: JoinType(join.At("Type").Text()), On: pairs}), err
}

// transform appends what one transform does to the steps; those of one kind that follow each other
// become one step.
func (r *reader) transform(steps []Step, n jsontree.Node) ([]Step, error) {
	body := n.At(n.Only())
	one := []jsontree.Node{body}
	switch n.Only() {
	case "RenameColumnOperation":
		return join(steps, readRename(one)), nil
	case "CastColumnTypeOperation":
		return join(steps, readCast(one)), nil
	case "CreateColumnsOperation":
		return append(steps, readFormulas(body.At("Columns").List())), nil
	case "ProjectOperation":
		return append(steps, Project(body.At("ProjectedColumns").Texts())), nil
	case "FilterOperation":
		filter, err := readFilter(one)
		return append(steps, filter), err
	case "TagColumnOperation":
		r.tag(body)
		return steps, nil
	case "UntagColumnOperation":
		return steps, nil
	}
	return nil, fmt.Errorf("a transform of kind %q has no form here", n.Only())
}

// join appends the items of a step to those of the step before, if it is of the same type.
func join[S ~[]T, T any](steps []Step, more S) []Step {
	if len(steps) > 0 {
		if before, same := steps[len(steps)-1].(any).(S); same {
			steps[len(steps)-1] = any(append(before, more...)).(Step)
			return steps
		}
	}
	return append(steps, any(more).(Step))
}

func (r *reader) tag(body jsontree.Node) {
	about := About{Column: body.At("ColumnName").Text()}
	for _, tag := range body.At("Tags").List() {
		about.Place += Place(tag.At("ColumnGeographicRole").Text())
		about.Description += tag.At("ColumnDescription", "Text").Text()
	}
	r.d.Columns = append(r.d.Columns, about)
}
