package lakeformation

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// Validate reports every fault in the props as a [check.Fault]: what Lake Formation would
// refuse in the middle of a deployment is refused here. It touches nothing but the props.
func (p GrantsProps) Validate() error {
	faults := check.Of("lakeformation.GrantsProps")
	p.checkTags(faults)
	for i, a := range p.Associations {
		a.check(faults, fmt.Sprintf("Associations[%d]", i))
	}
	for i, l := range p.Links {
		l.check(faults, fmt.Sprintf("Links[%d]", i))
		twice := slices.ContainsFunc(p.Links[:i], func(other Link) bool { return other.Name == l.Name })
		faults.Want(!twice, fmt.Sprintf("Links[%d].Name", i), l.Name, "a name that no other link has")
	}
	for i, g := range p.Grants {
		g.check(faults, fmt.Sprintf("Grants[%d]", i))
	}
	p.checkPrincipals(faults)
	p.checkTwice(faults)
	p.checkFiltered(faults)
	faults.Want(p.Stacks >= 0 && p.Stacks <= maxStacks, "Stacks", p.Stacks, fmt.Sprintf("1 to %d, or 0 for %d", maxStacks, defaultStacks))
	if err := faults.Err(); err != nil {
		return err
	}
	if err := overflow(p.changes(), p.stacks()); err != nil {
		faults.Want(false, "Stacks", p.stacks(), p.enough(err))
	}
	return faults.Err()
}

// enough says how many stacks would do, and that a busy table cannot be split.
func (p GrantsProps) enough(err error) string {
	changes := p.changes()
	for stacks := p.stacks() + 1; stacks <= maxStacks; stacks++ {
		if overflow(changes, stacks) == nil {
			return fmt.Sprintf("%d or more, for %v; another number moves grants between stacks, see docs/access.md", stacks, err)
		}
	}
	longest, chain := depth(changes)
	return fmt.Sprintf("fewer grants, for %v, and no number of stacks helps: %s alone has %d", err, chain, longest)
}

var (
	// https://docs.aws.amazon.com/lake-formation/latest/dg/TBAC-notes.html
	tagWord = regexp.MustCompile(`^[\p{Ll}\p{Lo}\p{N}_.:/=+@%-][\p{Ll}\p{Lo}\p{N} _.:/=+@%-]*$`)

	objectName = regexp.MustCompile(`^[^\p{Cc}*/]{1,255}$`)
)

const (
	wantTagKey   = "1 to 128 small letters, digits, spaces and _.:/=+-@%"
	wantTagValue = "1 to 256 small letters, digits, spaces and _.:/=+-@%"
	wantName     = `1 to 255 characters without "*" and "/"`
)

func (t Tag) check(faults *check.Faults, at string) {
	faults.Want(tagWord.MatchString(t.Key) && len([]rune(t.Key)) <= 128, at+".Key", t.Key, wantTagKey)
	faults.Want(len(t.Values) >= 1 && len(t.Values) <= 50, at+".Values", t.Values, "1 to 50 values")
	for i, value := range t.Values {
		field := fmt.Sprintf("%s.Values[%d]", at, i)
		faults.Want(tagWord.MatchString(value) && len([]rune(value)) <= 256, field, value, wantTagValue)
		faults.Want(slices.Index(t.Values, value) == i, field, value, "each value once")
	}
}

// checkTags looks at the tags, and that every value in use is one of them.
func (p GrantsProps) checkTags(faults *check.Faults) {
	values := map[string][]string{}
	where := map[string]string{}
	for i, tag := range slices.Concat(p.Tags, p.ImportedTags) {
		at := fmt.Sprintf("Tags[%d]", i)
		if i >= len(p.Tags) {
			at = fmt.Sprintf("ImportedTags[%d]", i-len(p.Tags))
		}
		tag.check(faults, at)
		_, there := values[tag.Key]
		faults.Want(!there, at+".Key", tag.Key, "a key that no other tag has")
		values[tag.Key], where[tag.Key] = tag.Values, at
	}
	missing := map[[2]string][]string{}
	for _, u := range p.uses() {
		known, there := values[u.key]
		switch {
		case !there:
			faults.Want(false, u.field, u.key, check.Suggest("the key of one of Tags or ImportedTags", u.key, slices.Sorted(maps.Keys(values))))
		case !slices.Contains(known, u.value):
			missing[[2]string{u.key, u.value}] = append(missing[[2]string{u.key, u.value}], u.by)
		}
	}
	for _, lost := range slices.SortedFunc(maps.Keys(missing), func(a, b [2]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) }) {
		faults.Want(false, where[lost[0]]+".Values", values[lost[0]], fmt.Sprintf("%q among them, which is used by: %s", lost[1], strings.Join(missing[lost], "; ")))
	}
}

func (a Association) check(faults *check.Faults, at string) {
	faults.Want(len(a.Tag.Values) == 1, at+".Tag", a.Tag.Values, "one value: a resource has one of each key")
	if a.On == nil {
		faults.Want(false, at+".On", nil, "a database, a table or columns of a table")
		return
	}
	r := a.On.resource()
	taggable := r.kind == databaseKind || r.table != nil && r.kind == tableKind || r.kind == columnsKind && r.table.except == nil
	faults.Want(taggable, at+".On", r.name, "a database, a table or named columns of a table")
	checkResource(faults, at+".On", a.On)
}

func (g Grant) check(faults *check.Faults, at string) {
	g.To.check(faults, at+".To")
	if g.On == nil {
		faults.Want(false, at+".On", nil, "what to grant on, e.g. a database")
		return
	}
	checkResource(faults, at+".On", g.On)
	r := g.On.resource()
	allowed := actionsOn[r.kind]
	faults.Want(len(g.Actions) > 0, at+".Actions", g.Actions, "at least one of "+check.OneOf(allowed)+" on "+string(r.kind))
	for i, action := range g.Actions {
		field := fmt.Sprintf("%s.Actions[%d]", at, i)
		want := check.OneOf(allowed) + " on " + string(r.kind)
		faults.Want(slices.Contains(allowed, action), field, string(action), check.Suggest(want, string(action), allowed))
		faults.Want(slices.Index(g.Actions, action) == i, field, string(action), "each action once")
	}
	// "To grant SELECT with the grant option and apply column filtering, use an include list":
	// https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html
	faults.Want(!g.WithOption || r.kind != columnsKind || r.table.except == nil, at+".WithOption", true,
		"false, or the columns that are included: Lake Formation has no grant option with columns left out")
}

// checkResource looks at the names in a resource.
func checkResource(faults *check.Faults, at string, on Resource) {
	switch r := on.(type) {
	case Database:
		r.check(faults, at)
	case Tables:
		r.Database.check(faults, at+".Database")
	case Table:
		r.check(faults, at)
	case Link:
		r.check(faults, at)
	case Location:
		faults.Want(principalName.MatchString(r.Name), at+".Name", r.Name, `1 to 64 letters, digits, "_" and "-"`)
		faults.Want(policy.HasToken(r.ARN) || locationARN.MatchString(r.ARN), at+".ARN", r.ARN, "arn:PARTITION:s3:::bucket or one of its prefixes")
	case Tag:
		faults.Want(len(r.Values) > 0, at+".Values", r.Values, "at least one value")
	case Tagged:
		faults.Want(len(r.tags) > 0, at, "", "at least one tag")
		for i, tag := range r.tags {
			faults.Want(len(tag.Values) > 0, at, tag.Key, "a tag with the values that are meant, e.g. tag.Is(\"public\")")
			twice := slices.ContainsFunc(r.tags[:i], func(t Tag) bool { return t.Key == tag.Key })
			faults.Want(!twice, at, tag.Key, "each key once in an expression, with all the values that are meant")
		}
	}
}

func (d Database) check(faults *check.Faults, at string) {
	faults.Want(objectName.MatchString(d.Name) && !policy.HasToken(d.Name), at+".Name", d.Name, wantName)
	faults.Want(d.Catalog == "" || account.MatchString(d.Catalog), at+".Catalog", d.Catalog, "twelve digits, or nothing for this account")
}

func (t Table) check(faults *check.Faults, at string) {
	t.Database.check(faults, at+".Database")
	faults.Want(objectName.MatchString(t.Name) && !policy.HasToken(t.Name), at+".Name", t.Name, wantName)
	faults.Want(t.columns == nil || t.except == nil, at, t.resource().name, "columns that are included or columns that are left out, not both")
	faults.Want(t.columns == nil || len(t.columns) > 0, at+".Columns", "", "at least one column; without Columns it is the whole table")
	faults.Want(t.except == nil || len(t.except) > 0, at+".Except", "", "at least one column; without Except it is the whole table")
	for _, column := range slices.Concat(t.columns, t.except) {
		faults.Want(column != "", at, column, "the name of a column")
		t.checkColumn(faults, at, column)
	}
	left := slices.DeleteFunc(slices.Clone(t.Schema), func(c string) bool { return slices.Contains(t.except, c) })
	faults.Want(len(t.Schema) == 0 || len(left) > 0, at+".Except", t.except, "a column left to see")
	if t.rows != nil {
		t.checkRows(faults, at+".Where")
	}
}

func (t Table) checkColumn(faults *check.Faults, at, column string) {
	if len(t.Schema) > 0 {
		faults.Want(slices.Contains(t.Schema, column), at, column, check.Suggest("a column of "+t.path(), column, t.Schema))
	}
}

func (t Table) checkRows(faults *check.Faults, at string) {
	faults.Want(len([]rune(*t.rows)) <= maxFilter, at, fmt.Sprintf("of %d characters", len([]rune(*t.rows))), "fewer than 2048 characters")
	columns, err := filterColumns(*t.rows)
	if err != nil {
		faults.Want(false, at, *t.rows, fmt.Sprintf("a row filter such as country = 'Germany' AND year >= 2020; this is %v", err))
		return
	}
	for _, column := range columns {
		t.checkColumn(faults, at, column)
	}
}

// checkPrincipals wants one name for one principal, and the other way round.
func (p GrantsProps) checkPrincipals(faults *check.Faults) {
	ids, names := map[string]string{}, map[string]string{}
	for i, g := range p.Grants {
		id, name := g.To.ID, g.To.Name
		at := fmt.Sprintf("Grants[%d].To", i)
		before, there := ids[name]
		faults.Want(!there || before == id, at+".ID", id, fmt.Sprintf("%q, which %s is elsewhere", before, name))
		other, there := names[id]
		faults.Want(!there || other == name || id == "", at+".Name", name, fmt.Sprintf("%q, the name that %s has elsewhere", other, id))
		ids[name], names[id] = id, name
	}
}

// checkTwice refuses the same action for the same principal on the same resource.
func (p GrantsProps) checkTwice(faults *check.Faults) {
	first := map[[3]string]int{}
	for i, g := range p.Grants {
		if g.On == nil {
			continue
		}
		name := g.On.resource().name
		for _, action := range slices.Compact(slices.Sorted(slices.Values(g.Actions))) {
			key := [3]string{g.To.Name, name, string(action)}
			j, there := first[key]
			faults.Want(!there, fmt.Sprintf("Grants[%d]", i), fmt.Sprintf("%s to %s on %s", action, g.To.Name, name),
				fmt.Sprintf("each grant once (Grants[%d] is the same)", j))
			if !there {
				first[key] = i
			}
		}
	}
	tagged := map[[2]string]int{}
	for i, a := range p.Associations {
		if a.On == nil {
			continue
		}
		key := [2]string{a.On.resource().name, a.Tag.Key}
		j, there := tagged[key]
		faults.Want(!there, fmt.Sprintf("Associations[%d]", i), a.Tag.String()+" on "+key[0], fmt.Sprintf("one value of a key on a resource (Associations[%d] gives one)", j))
		tagged[key] = i
	}
}

// whole are the actions that Lake Formation refuses beside a filtered SELECT: "a principal
// that has been granted SELECT on a table with a column filter can't be granted ALTER, DROP,
// DELETE, or INSERT" (lf-permissions-reference.html).
var whole = []Action{All, Alter, Delete, Drop, Insert}

func (p GrantsProps) checkFiltered(faults *check.Faults) {
	filtered := map[[2]string]int{}
	for i, g := range p.Grants {
		if r := g.resource(); r.kind == columnsKind || r.kind == rowsKind {
			filtered[[2]string{g.To.Name, r.chain}] = i
		}
	}
	for i, g := range p.Grants {
		r := g.resource()
		j, there := filtered[[2]string{g.To.Name, r.chain}]
		if r.kind != tableKind || !there {
			continue
		}
		for _, action := range g.Actions {
			faults.Want(!slices.Contains(whole, action), fmt.Sprintf("Grants[%d].Actions", i), string(action),
				fmt.Sprintf("no such action for %s, who sees only a part of %s by Grants[%d]", g.To.Name, r.chain, j))
		}
	}
}

// resource is what the grant is on; the zero resource if that was left out.
func (g Grant) resource() resource {
	if g.On == nil {
		return resource{}
	}
	return g.On.resource()
}
