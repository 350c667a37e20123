package lakeformation

import (
	"cmp"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// Link is a resource link: a database of this catalog that stands for one of another
// account's, which was shared with this one. Rights on the link and on what it stands for
// are two things, and a query needs both: [Link.GrantBoth].
type Link struct {
	Name   string   // of the database in this catalog
	Target Database // with its Catalog
	Region string   // of the target; if empty, the stack's own
}

func (l Link) resource() resource {
	return resource{kind: linkKind, chain: l.Name, name: l.Name, api: func() map[string]any {
		return map[string]any{"Database": map[string]any{"CatalogId": policy.Here().Account, "Name": l.Name}}
	}}
}

// Grant begins a grant on the link alone: to describe or drop it.
func (l Link) Grant(to Principal) Granting { return Granting{to, l} }

// GrantBoth lets a principal see the link, and do the actions on its target, on a table of it
// or on all its tables:
// https://docs.aws.amazon.com/lake-formation/latest/dg/granting-link-permissions.html.
func (l Link) GrantBoth(to Principal, on Resource, actions ...Action) []Grant {
	return []Grant{l.Grant(to).Describe(), {To: to, On: on, Actions: actions}}
}

func (l Link) check(faults *check.Faults, at string) {
	Database{Name: l.Name}.check(faults, at)
	l.Target.check(faults, at+".Target")
	faults.Want(l.Target.Catalog != "", at+".Target.Catalog", l.Target.Catalog, "the account that owns the database, twelve digits")
}

// change is the database that is the link. It holds nothing, so it goes with its stack.
func (l Link) change() change {
	return change{idOf("link", l.Name), "AWS::Glue::Database", l.Name, 0, frame, func() map[string]any {
		return map[string]any{"CatalogId": policy.Here().Account, "DatabaseInput": map[string]any{
			"Name": l.Name,
			"TargetDatabase": map[string]any{
				"CatalogId": l.Target.Catalog, "DatabaseName": l.Target.Name, "Region": cmp.Or(l.Region, policy.Here().Region),
			},
		}}
	}, nil}
}
