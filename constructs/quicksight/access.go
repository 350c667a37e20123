package quicksight

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/constructs/quicksight/rights"
	"github.com/lakekeel/lakekeel/internal/check"
)

// Access is what somebody may do with a resource.
type Access struct {
	To string // "user/NAMESPACE/NAME", "group/NAMESPACE/NAME" or, for all users of it, "namespace/NAMESPACE"
	As Role   // if empty, Reader
}

// Role is a set of rights: [Reader], [Author] or [Owner].
type Role = rights.Role

// The roles; see package rights.
const (
	Reader = rights.Reader
	Author = rights.Author
	Owner  = rights.Owner
)

// Group is everybody of a group in the default namespace.
func Group(name string) string { return "group/default/" + name }

// User is a user of the default namespace.
func User(name string) string { return "user/default/" + name }

// assetKind is a type of resource that can be shared, as CloudFormation calls it.
type assetKind = rights.Kind

const (
	dataSourceKind = rights.DataSource
	dataSetKind    = rights.DataSet
	dashboardKind  = rights.Dashboard
	analysisKind   = rights.Analysis
	themeKind      = rights.Theme
	folderKind     = rights.Folder
	topicKind      = rights.Topic
)

// permissions are Access in the service's shape. A role that has no rights to a kind is left out: readers of a dashboard have
// none to its data.
func permissions(kind assetKind, access []Access) []any {
	var list []any
	for _, a := range access {
		if names := rights.Of(kind, a.As); len(names) > 0 {
			list = append(list, map[string]any{"Principal": arn(a.To), "Actions": names})
		}
	}
	return list
}

func checkAccess(faults *check.Faults, kind assetKind, access []Access) {
	faults.Want(len(access) <= 64, "Access", len(access), "at most 64 users and groups")
	for i, a := range access {
		at := fmt.Sprintf("Access[%d]", i)
		twice := slices.ContainsFunc(access[:i], func(o Access) bool { return o.To == a.To })
		faults.Want(isPrincipal(a.To) && !twice, at+".To", a.To, `"user/NAMESPACE/NAME", "group/NAMESPACE/NAME" or "namespace/NAMESPACE", each once`)
		known := a.As == "" || slices.Contains(rights.Roles, a.As)
		faults.Want(known, at+".As", string(a.As), check.OneOf(rights.Roles))
		if known {
			faults.Want(len(rights.Of(kind, a.As)) > 0, at+".As", string(cmp.Or(a.As, Reader)), fmt.Sprintf("%q or %q, for readers need no rights to a %s", Author, Owner, kind))
		}
	}
}

func isPrincipal(name string) bool {
	namespace, is := strings.CutPrefix(name, "namespace/")
	return dataset.IsPrincipal(name) || is && namespace != ""
}
