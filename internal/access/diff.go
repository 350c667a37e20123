package access

import (
	"fmt"
	"slices"
	"strings"
)

// A Difference is what a change of the stacks would do.
type Difference struct {
	Allowed []Row // newly
	Taken   []Row // away

	// Lost are grants that are the same, or nearly, before and after, and that would be
	// lost all the same: CloudFormation gives what is new before it takes back what is old,
	// and Lake Formation takes back what both have in common.
	Lost []Row
}

// Compare says what is different in after.
func Compare(before, after List) Difference {
	var d Difference
	had, has := byWords(before), byWords(after)
	for words, row := range has {
		old, there := had[words]
		switch {
		case !there:
			d.Allowed = append(d.Allowed, row)
		case row.Kind == Granted && row.Rows == "" && (old.Stack != row.Stack || old.LogicalID != row.LogicalID):
			d.Lost = append(d.Lost, row)
		}
	}
	for words, row := range had {
		if _, there := has[words]; !there {
			d.Taken = append(d.Taken, row)
		}
	}
	for _, row := range d.Allowed {
		if slices.ContainsFunc(d.Taken, func(old Row) bool { return overlaps(old, row) }) {
			d.Lost = append(d.Lost, row)
		}
	}
	for _, rows := range [][]Row{d.Allowed, d.Taken, d.Lost} {
		slices.SortFunc(rows, compare)
	}
	return d
}

// overlaps says whether taking back old would take a part of what row gives.
func overlaps(old, row Row) bool {
	return old.Kind == Granted && row.Kind == Granted && old.Rows == "" && row.Rows == "" && old.Account == row.Account &&
		old.Principal == row.Principal && old.Database == row.Database && old.Table == row.Table && old.Where == row.Where && old.Action == row.Action
}

// Wider says whether anybody may see or do more than before. A tag that something bears
// newly counts, because a grant by tags may reach it; a link does not: it shows what others
// have to grant.
func (d Difference) Wider() bool {
	return slices.ContainsFunc(d.Allowed, func(row Row) bool { return row.Kind != Linked })
}

// Empty says whether nothing is different.
func (d Difference) Empty() bool { return len(d.Allowed)+len(d.Taken)+len(d.Lost) == 0 }

// byWords gives rows by all that they say, but not by where they stand.
func byWords(l List) map[string]Row {
	rows := map[string]Row{}
	for _, row := range l.Rows {
		words := []string{string(row.Kind), row.Account, row.Principal, row.Database, row.Table, row.Columns, row.Rows, row.Where, row.Action, fmt.Sprint(row.Option)}
		rows[strings.Join(words, "\x00")] = row
	}
	return rows
}
