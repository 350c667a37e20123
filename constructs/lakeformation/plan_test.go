package lakeformation

import (
	"fmt"
	"strings"
	"testing"
)

// many are grants on as many tables, each to one of ten principals.
func many(total, tables int) []Grant {
	var list []Grant
	for i := range total {
		who := Principal{fmt.Sprintf("team-%d", i/tables), fmt.Sprintf("arn:aws:iam::123456789012:role/team-%d", i/tables)}
		list = append(list, Database{Name: "lake"}.Table(fmt.Sprintf("t%03d", i%tables)).Grant(who).Select())
	}
	return list
}

// places are the stack of each resource, by its id.
func places(props GrantsProps) map[string]int {
	found := map[string]int{}
	for i, part := range shards(props.changes(), props.stacks()) {
		for _, c := range part {
			found[c.id] = i
		}
	}
	return found
}

func TestAddingAGrantMovesNoOther(t *testing.T) {
	before := GrantsProps{Grants: many(1000, 200)}
	for _, added := range []Grant{
		Database{Name: "lake"}.Table("t000").Grant(analyst).Select(),
		Database{Name: "aaa"}.Table("first").Grant(analyst).Select(),
		Database{Name: "lake"}.Table("t100").Where("id = 1").Grant(analyst).Select(),
	} {
		after := GrantsProps{Grants: append([]Grant{added}, before.Grants...)}
		was, is := places(before), places(after)
		if len(was) != 1000 || len(is) <= 1000 {
			t.Fatalf("%d and %d resources", len(was), len(is))
		}
		for id, stack := range was {
			if now, there := is[id]; !there || now != stack {
				t.Errorf("%s was in stack %d and is in %d (%v)", id, stack, now, there)
			}
		}
	}
}

func TestTheDepthIsThatOfTheBusiestResource(t *testing.T) {
	props := GrantsProps{Grants: append(many(1000, 200), Database{Name: "lake"}.Table("t007").Grant(analyst).Allow(Describe, Select))}
	if got, on := depth(props.changes()); got != 7 || on != "lake.t007" {
		t.Errorf("depth is %d on %s; want 7 on lake.t007: five teams and two", got, on)
	}
}

func TestStacksStayBelowTheLimits(t *testing.T) {
	for i, part := range shards(GrantsProps{Grants: many(1000, 200)}.changes(), defaultStacks) {
		if len(part) == 0 || len(part) > 250 {
			t.Errorf("stack %d has %d resources", i, len(part))
		}
	}
	err := GrantsProps{Grants: many(1000, 200), Stacks: 2}.Validate()
	if want := "lakeformation.GrantsProps.Stacks is 2; want 3 or more, for stack 0 of 2 would hold"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v\nwant %s…", err, want)
	}
	err = GrantsProps{Grants: many(600, 1)}.Validate()
	if want := "and no number of stacks helps: lake.t000 alone has 600"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v\nwant …%s", err, want)
	}
}

func TestALongFilterCountsForTheTemplatesSize(t *testing.T) {
	var list []Grant
	for i := range 200 {
		filter := fmt.Sprintf("id = %d OR country = '%s'", i, strings.Repeat("x", 1900))
		list = append(list, orders.Where(filter).Grant(analyst).Select())
	}
	err := GrantsProps{Grants: list, Stacks: 1}.Validate()
	if err == nil || !strings.Contains(err.Error(), "bytes, of at most 900000") {
		t.Errorf("got %v", err)
	}
}
