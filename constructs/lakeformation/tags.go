package lakeformation

import "fmt"

// An Association puts an LF-tag on a database, a table or columns of one. What is in a
// database has its tags too, unless it has a value of its own for the key.
type Association struct {
	Tag Tag      // with one value
	On  Resource // a [Database], a [Table], or a [Table] with Columns
}

// change is the association as a resource.
func (a Association) change() change {
	r := a.On.resource()
	return change{idOf("tag", a.Tag.Key, a.Tag.Values[0], r.name), "AWS::LakeFormation::TagAssociation", r.chain, 1, frame + 2*len(r.name), func() map[string]any {
		return map[string]any{"Resource": r.api(), "LFTags": []any{a.Tag.api()}}
	}, nil}
}

// A use of one value of an LF-tag.
type use struct {
	field      string
	key, value string
	by         string // what uses it, in words
}

// uses are all uses of values in associations and expressions.
func (p GrantsProps) uses() []use {
	var list []use
	add := func(field string, tags []Tag, by string) {
		for _, tag := range tags {
			for _, value := range tag.Values {
				list = append(list, use{field, tag.Key, value, by})
			}
		}
	}
	for i, a := range p.Associations {
		if a.On != nil {
			add(fmt.Sprintf("Associations[%d].Tag", i), []Tag{a.Tag}, a.On.resource().name)
		}
	}
	for i, g := range p.Grants {
		if g.On != nil {
			r := g.On.resource()
			add(fmt.Sprintf("Grants[%d].On", i), r.tags, "the grant to "+g.To.Name+" on "+r.name)
		}
	}
	return list
}
