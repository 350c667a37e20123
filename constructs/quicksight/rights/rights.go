// Package rights is what each role may do with each kind of QuickSight's resources. The constructs grant by
// it, and so does the program that promotes reports; it knows nothing of the CDK.
package rights

import (
	"cmp"
	"slices"
)

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

// Roles are all of them, the smaller ones first.
var Roles = []Role{Reader, Author, Owner}

// Kind is a type of resource that can be shared, as CloudFormation calls it.
type Kind string

// The kinds.
const (
	DataSource Kind = "DataSource"
	DataSet    Kind = "DataSet"
	Dashboard  Kind = "Dashboard"
	Analysis   Kind = "Analysis"
	Theme      Kind = "Theme"
	Folder     Kind = "Folder"
	Topic      Kind = "Topic"
)

// actions are what each role may do with each kind of resource; a greater role has those of the smaller ones too.
// The service takes only these sets as a whole: see
// https://docs.aws.amazon.com/quicksight/latest/developerguide/data-source-permissions.html and its neighbours.
var actions = map[Kind]map[Role][]string{
	DataSource: {
		Author: {"DescribeDataSource", "DescribeDataSourcePermissions", "PassDataSource"},
		Owner:  {"UpdateDataSource", "DeleteDataSource", "UpdateDataSourcePermissions"},
	},
	DataSet: {
		Author: {"DescribeDataSet", "DescribeDataSetPermissions", "PassDataSet", "DescribeIngestion", "ListIngestions"},
		Owner:  {"UpdateDataSet", "DeleteDataSet", "CreateIngestion", "CancelIngestion", "UpdateDataSetPermissions"},
	},
	Dashboard: {
		Reader: {"DescribeDashboard", "ListDashboardVersions", "QueryDashboard"},
		Author: {"UpdateDashboard", "UpdateDashboardPublishedVersion"},
		Owner:  {"DeleteDashboard", "DescribeDashboardPermissions", "UpdateDashboardPermissions"},
	},
	Analysis: {
		Author: {"DescribeAnalysis", "QueryAnalysis", "UpdateAnalysis"},
		Owner:  {"DeleteAnalysis", "RestoreAnalysis", "DescribeAnalysisPermissions", "UpdateAnalysisPermissions"},
	},
	Theme: {
		Reader: {"DescribeTheme", "DescribeThemeAlias", "ListThemeAliases", "ListThemeVersions"},
		Owner:  {"UpdateTheme", "DeleteTheme", "CreateThemeAlias", "UpdateThemeAlias", "DeleteThemeAlias", "DescribeThemePermissions", "UpdateThemePermissions"},
	},
	Folder: {
		Reader: {"DescribeFolder"},
		Author: {"CreateFolder", "CreateFolderMembership", "DeleteFolderMembership"},
		Owner:  {"UpdateFolder", "DeleteFolder", "DescribeFolderPermissions", "UpdateFolderPermissions"},
	},
	Topic: {
		Reader: {"DescribeTopic"},
		Author: {"DescribeTopicRefresh", "ListTopicRefreshSchedules", "DescribeTopicRefreshSchedule", "UpdateTopic"},
		Owner: {"DeleteTopic", "CreateTopicRefreshSchedule", "UpdateTopicRefreshSchedule", "DeleteTopicRefreshSchedule",
			"DescribeTopicPermissions", "UpdateTopicPermissions"},
	},
}

// Of are all actions of a role on a kind; an empty role is [Reader]'s. There are none if the role needs no rights to it.
func Of(kind Kind, role Role) []string {
	var names []string
	for _, smaller := range Roles[:slices.Index(Roles, cmp.Or(role, Reader))+1] {
		for _, action := range actions[kind][smaller] {
			names = append(names, "quicksight:"+action)
		}
	}
	return names
}
