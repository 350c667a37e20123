package identitycenter

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// Names of the personas' permission sets.
const (
	DataLakeAdminName = "DataLakeAdmin"
	DataAnalystName   = "LakeFormationDataAnalyst"
)

// DataLakeAdmin is the administrator of a data lake, with the policies that AWS names for one:
// https://docs.aws.amazon.com/lake-formation/latest/dg/permissions-reference.html. They are
// wide; [NarrowDataLakeAdmin] is not.
func DataLakeAdmin(home Home) PermissionSetProps {
	return PermissionSetProps{
		Home: home, Name: DataLakeAdminName, Description: "Administers the data lake: grants, catalog, locations",
		ManagedPolicies: []string{
			"AWSGlueConsoleFullAccess", "AWSLakeFormationCrossAccountManager", "AWSLakeFormationDataAdmin",
			"AmazonAthenaFullAccess", "CloudWatchLogsReadOnlyAccess",
		},
	}
}

// LakeFormationDataAnalyst asks the data lake by Athena, with the policy that AWS names for an
// analyst. It is wide; [NarrowDataAnalyst] is not.
func LakeFormationDataAnalyst(home Home) PermissionSetProps {
	return PermissionSetProps{
		Home: home, Name: DataAnalystName, Description: "Asks the data lake by Athena; sees what Lake Formation lets it",
		ManagedPolicies: []string{"AmazonAthenaFullAccess"},
	}
}

// NarrowDataLakeAdmin is [DataLakeAdmin] with the policy that [NewPersonaPolicies] defines in
// each account: no jobs, no roles, no bucket but that of Athena's results.
func NarrowDataLakeAdmin(home Home) PermissionSetProps {
	props := DataLakeAdmin(home)
	props.ManagedPolicies, props.CustomerManagedPolicies = nil, []CustomerManagedPolicy{{Name: adminPolicy}}
	return props
}

// NarrowDataAnalyst is [LakeFormationDataAnalyst] with the policy that [NewPersonaPolicies]
// defines in each account: one workgroup of Athena, and the bucket of its results.
func NarrowDataAnalyst(home Home) PermissionSetProps {
	props := LakeFormationDataAnalyst(home)
	props.ManagedPolicies, props.CustomerManagedPolicies = nil, []CustomerManagedPolicy{{Name: analystPolicy}}
	return props
}

const (
	adminPolicy   = "Lakekeel-DataLakeAdmin"
	analystPolicy = "Lakekeel-DataAnalyst"
)

// PersonaPoliciesProps describes [NewPersonaPolicies].
type PersonaPoliciesProps struct {
	Workgroup string // of Athena; if empty, "primary"
	Results   string // bucket that Athena writes results to; may be a token
}

// NewPersonaPolicies defines, in a data account, the policies of the narrow personas. They
// must be there before the permission sets are assigned in the account.
func NewPersonaPolicies(scope constructs.Construct, id string, props PersonaPoliciesProps) []awsiam.CfnManagedPolicy {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	group := constructs.NewConstruct(scope, &id)
	ask := props.asking()
	var made []awsiam.CfnManagedPolicy
	for _, p := range []struct {
		name, description string
		statements        []policy.Statement
	}{
		{analystPolicy, "Asks the data lake by Athena", ask},
		{adminPolicy, "Administers the data lake by Lake Formation", append(ask, administering()...)},
	} {
		resource := awsiam.NewCfnManagedPolicy(group, jsii.String(p.name), &awsiam.CfnManagedPolicyProps{
			ManagedPolicyName: &p.name, Description: &p.description, PolicyDocument: policy.JSON(p.statements),
		})
		policy.ExplainWildcards(awscdk.CfnResource(resource), p.statements)
		made = append(made, resource)
	}
	return made
}

// asking is what a query takes: a workgroup, its results, the catalog, and credentials from
// Lake Formation for the data.
func (p PersonaPoliciesProps) asking() []policy.Statement {
	h := policy.Here()
	return []policy.Statement{
		{
			Actions: []string{
				"athena:BatchGetQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults", "athena:GetWorkGroup",
				"athena:ListQueryExecutions", "athena:StartQueryExecution", "athena:StopQueryExecution",
			},
			Resources: []string{h.Arn("athena", "workgroup/"+or(p.Workgroup, "primary"))},
		},
		{
			Actions:   []string{"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"},
			Resources: []string{h.S3(p.Results + "/*")},
			Wildcard:  "Athena names the objects of its results",
		},
		{Actions: []string{"s3:GetBucketLocation", "s3:ListBucket"}, Resources: []string{h.S3(p.Results)}},
		{
			Actions:   []string{"glue:GetDatabase", "glue:GetDatabases", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"},
			Resources: []string{h.Arn("glue", "catalog"), h.Arn("glue", "database/*"), h.Arn("glue", "table/*/*")},
			Wildcard:  "of all databases and tables, Lake Formation shows those that are granted",
		},
		{
			Actions:   []string{"lakeformation:GetDataAccess"},
			Resources: []string{"*"},
			Wildcard:  "Lake Formation's actions take no resource; its grants decide",
		},
	}
}

// administering is what an administrator does beside: look at everything, grant, tag.
func administering() []policy.Statement {
	h := policy.Here()
	return []policy.Statement{
		{
			Actions: []string{
				"lakeformation:AddLFTagsToResource", "lakeformation:BatchGrantPermissions", "lakeformation:BatchRevokePermissions",
				"lakeformation:CreateDataCellsFilter", "lakeformation:CreateLFTag", "lakeformation:DeleteDataCellsFilter", "lakeformation:DeleteLFTag",
				"lakeformation:DescribeResource", "lakeformation:GetDataCellsFilter", "lakeformation:GetDataLakeSettings", "lakeformation:GetLFTag",
				"lakeformation:GetResourceLFTags", "lakeformation:GrantPermissions", "lakeformation:ListDataCellsFilter", "lakeformation:ListLFTags",
				"lakeformation:ListPermissions", "lakeformation:ListResources", "lakeformation:RemoveLFTagsFromResource",
				"lakeformation:RevokePermissions", "lakeformation:SearchDatabasesByLFTags", "lakeformation:SearchTablesByLFTags",
				"lakeformation:UpdateLFTag",
			},
			Resources: []string{"*"},
			Wildcard:  "Lake Formation's actions take no resource (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslakeformation.html)",
		},
		{
			Actions:   []string{"iam:GetRole", "iam:ListRoles", "iam:ListUsers"},
			Resources: []string{h.Global("iam", "role/*"), h.Global("iam", "user/*")},
			Wildcard:  "whom to grant to is chosen among all roles and users",
		},
	}
}

var (
	workgroup = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,128}$`)
	bucket    = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
)

// Validate reports every fault in the props as a [check.Fault].
func (p PersonaPoliciesProps) Validate() error {
	faults := check.Of("identitycenter.PersonaPoliciesProps")
	faults.Want(p.Workgroup == "" || workgroup.MatchString(p.Workgroup), "Workgroup", p.Workgroup, `1 to 128 letters, digits and "._-", or nothing for primary`)
	faults.Want(policy.HasToken(p.Results) || bucket.MatchString(p.Results), "Results", p.Results, "the name of a bucket")
	return faults.Err()
}
