package quicksight

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/check"
)

// Access is what somebody may do with a resource.
type Access struct {
	To string // "user/NAMESPACE/NAME", "group/NAMESPACE/NAME" or, for all users of it, "namespace/NAMESPACE"
	As Role   // if empty, Reader
}

// Role is a set of rights.
type Role string

// The roles. A Reader looks at dashboards and asks topics; of data a reader needs no rights. An Author builds
// on a resource and changes dashboards, but neither deletes them nor says who may use them. An Owner
// does everything.
const (
	Reader Role = "READER"
	Author Role = "AUTHOR"
	Owner  Role = "OWNER"
)

var roles = []Role{Reader, Author, Owner}

// Group is everybody of a group in the default namespace.
func Group(name string) string { return "group/default/" + name }

// User is a user of the default namespace.
func User(name string) string { return "user/default/" + name }

// assetKind is a type of resource that can be shared, as CloudFormation calls it.
type assetKind string

const (
	dataSourceKind assetKind = "DataSource"
	dataSetKind    assetKind = "DataSet"
	dashboardKind  assetKind = "Dashboard"
	analysisKind   assetKind = "Analysis"
	themeKind      assetKind = "Theme"
	folderKind     assetKind = "Folder"
	topicKind      assetKind = "Topic"
)

// actions are what each role may do with each kind of resource; a greater role has those of the smaller ones too.
// The service takes only these sets as a whole: see
// https://docs.aws.amazon.com/quicksight/latest/developerguide/data-source-permissions.html and its neighbours.
var actions = map[assetKind]map[Role][]string{
	dataSourceKind: {
		Author: {"DescribeDataSource", "DescribeDataSourcePermissions", "PassDataSource"},
		Owner:  {"UpdateDataSource", "DeleteDataSource", "UpdateDataSourcePermissions"},
	},
	dataSetKind: {
		Author: {"DescribeDataSet", "DescribeDataSetPermissions", "PassDataSet", "DescribeIngestion", "ListIngestions"},
		Owner:  {"UpdateDataSet", "DeleteDataSet", "CreateIngestion", "CancelIngestion", "UpdateDataSetPermissions"},
	},
	dashboardKind: {
		Reader: {"DescribeDashboard", "ListDashboardVersions", "QueryDashboard"},
		Author: {"UpdateDashboard", "UpdateDashboardPublishedVersion"},
		Owner:  {"DeleteDashboard", "DescribeDashboardPermissions", "UpdateDashboardPermissions"},
	},
	analysisKind: {
		Author: {"DescribeAnalysis", "QueryAnalysis", "UpdateAnalysis"},
		Owner:  {"DeleteAnalysis", "RestoreAnalysis", "DescribeAnalysisPermissions", "UpdateAnalysisPermissions"},
	},
	themeKind: {
		Reader: {"DescribeTheme", "DescribeThemeAlias", "ListThemeAliases", "ListThemeVersions"},
		Owner:  {"UpdateTheme", "DeleteTheme", "CreateThemeAlias", "UpdateThemeAlias", "DeleteThemeAlias", "DescribeThemePermissions", "UpdateThemePermissions"},
	},
	folderKind: {
		Reader: {"DescribeFolder"},
		Author: {"CreateFolder", "CreateFolderMembership", "DeleteFolderMembership"},
		Owner:  {"UpdateFolder", "DeleteFolder", "DescribeFolderPermissions", "UpdateFolderPermissions"},
	},
	topicKind: {
		Reader: {"DescribeTopic"},
		Author: {"DescribeTopicRefresh", "ListTopicRefreshSchedules", "DescribeTopicRefreshSchedule", "UpdateTopic"},
		Owner: {"DeleteTopic", "CreateTopicRefreshSchedule", "UpdateTopicRefreshSchedule", "DeleteTopicRefreshSchedule",
			"DescribeTopicPermissions", "UpdateTopicPermissions"},
	},
}

// rights are all that a role may do with a kind.
func rights(kind assetKind, role Role) []string {
	var names []string
	for _, smaller := range roles[:slices.Index(roles, cmp.Or(role, Reader))+1] {
		for _, action := range actions[kind][smaller] {
			names = append(names, "quicksight:"+action)
		}
	}
	return names
}

// permissions are Access in the service's shape. A role that has no rights to a kind is left out: readers of a dashboard have
// none to its data.
func permissions(kind assetKind, access []Access) []any {
	var list []any
	for _, a := range access {
		if names := rights(kind, a.As); len(names) > 0 {
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
		known := a.As == "" || slices.Contains(roles, a.As)
		faults.Want(known, at+".As", string(a.As), check.OneOf(roles))
		if known {
			faults.Want(len(rights(kind, a.As)) > 0, at+".As", string(cmp.Or(a.As, Reader)), fmt.Sprintf("%q or %q, for readers need no rights to a %s", Author, Owner, kind))
		}
	}
}

func isPrincipal(name string) bool {
	namespace, is := strings.CutPrefix(name, "namespace/")
	return dataset.IsPrincipal(name) || is && namespace != ""
}
