package lakeformation

import (
	"cmp"
	_ "embed"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/custom"
	"github.com/lakekeel/lakekeel/internal/policy"
)

//go:embed function/settings.py
var settingsCode string

// SettingsProps describes [Settings].
type SettingsProps struct {
	// Admins administer the data lake: they may grant everything. They are added to those
	// that the account has already, of whom none is dropped but a role that exists no more.
	Admins []Principal

	// Creators may make databases, CreatorsWithOption let others make them too.
	Creators, CreatorsWithOption []Principal

	// Migration leaves new and old databases open to every IAM policy, as before Lake
	// Formation, until the grants are in place. If false, Lake Formation alone decides.
	Migration bool

	// Databases are closed to IAM_ALLOWED_PRINCIPALS, with their tables, unless Migration:
	// a database that was made before keeps that grant for ever otherwise.
	Databases []string

	// CrossAccountVersion is Lake Formation's version of sharing across accounts, 1 to 5;
	// if zero, 4. Version 4 shares by AWS RAM and takes organizations and hybrid access:
	// https://docs.aws.amazon.com/lake-formation/latest/dg/optimize-ram.html.
	CrossAccountVersion int

	// WithoutDeployer leaves CloudFormation's own role out of Admins. By default the role
	// that cdk bootstrap made is one of them, or it could grant nothing.
	WithoutDeployer bool
}

// Settings is what Lake Formation does in an account and region: one for each of them.
//
// It is a custom resource, because CloudFormation's own type replaces the administrators
// that an account has, and because a role that was deleted stays in the account's list and
// fails every later change of it. Here a renamed role is added before the old one is taken
// off, and that happens before IAM deletes it: the resource refers to both in turn.
type Settings struct {
	Construct constructs.Construct
	resource  awscdk.CfnResource
}

// NewSettings defines the settings in scope. It panics with the error of
// [SettingsProps.Validate] if the props are not sound.
func NewSettings(scope constructs.Construct, id string, props SettingsProps) *Settings {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	s := &Settings{Construct: constructs.NewConstruct(scope, &id)}
	admins := []string{}
	for _, admin := range props.Admins {
		admins = append(admins, admin.ID)
	}
	if !props.WithoutDeployer {
		admins = append(admins, deployer(s.Construct))
	}
	mode := "close"
	if props.Migration {
		mode = "keep"
	}
	s.resource = custom.Resource(s.Construct, "Custom::LakekeelDataLakeSettings", settingsFunction(props.Databases), map[string]any{
		"Admins": admins, "Defaults": mode, "Databases": append([]string{}, props.Databases...),
		"Version": fmt.Sprint(cmp.Or(props.CrossAccountVersion, 4)),
	})
	if creators := props.creators(); len(creators) > 0 {
		NewGrants(s.Construct, "Creators", GrantsProps{Grants: creators, Settings: s, Stacks: 1})
	}
	return s
}

// elsewhere says whether the settings are in another stack.
func (s *Settings) elsewhere(stack awscdk.Stack) bool {
	return *s.resource.Stack().Node().Path() != *stack.Node().Path()
}

func (p SettingsProps) creators() []Grant {
	var grants []Grant
	for _, creator := range p.Creators {
		grants = append(grants, Catalog{}.Grant(creator).Allow(CreateDatabase))
	}
	for _, creator := range p.CreatorsWithOption {
		grants = append(grants, Catalog{}.Grant(creator).Allow(CreateDatabase).WithGrantOption())
	}
	return grants
}

func settingsFunction(databases []string) custom.Function {
	h := policy.Here()
	rights := []policy.Statement{
		{
			Actions:   []string{"lakeformation:GetDataLakeSettings", "lakeformation:ListPermissions", "lakeformation:PutDataLakeSettings", "lakeformation:RevokePermissions"},
			Resources: []string{"*"},
			Wildcard:  "Lake Formation's actions take no resource (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslakeformation.html)",
		},
		{
			Actions:   []string{"iam:GetRole", "iam:GetUser"},
			Resources: []string{h.Global("iam", "role/*"), h.Global("iam", "user/*")},
			Wildcard:  "the administrators that the account has already are not known before; the function asks whether they exist",
		},
	}
	if len(databases) > 0 {
		rights = append(rights, policy.Statement{
			Actions:   []string{"glue:GetDatabase", "glue:GetTable", "glue:GetTables"},
			Resources: closable(databases),
			Wildcard:  "the tables of a database that is closed are data",
		})
	}
	return custom.Function{
		ID: "LakekeelDataLakeSettings", Code: settingsCode, Rights: rights,
		Description: "Adds administrators to Lake Formation's settings and closes databases, for constructs/lakeformation",
	}
}

func closable(databases []string) []string {
	h := policy.Here()
	arns := []string{h.Arn("glue", "catalog")}
	for _, name := range databases {
		arns = append(arns, h.Arn("glue", "database/"+name), h.Arn("glue", "table/"+name+"/*"))
	}
	return arns
}

// deployer is the role by which CloudFormation acts, made by cdk bootstrap:
// https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html.
func deployer(scope constructs.Construct) string {
	qualifier := "hnb659fds"
	if own, ok := scope.Node().TryGetContext(jsii.String("@aws-cdk/core:bootstrapQualifier")).(string); ok {
		qualifier = own
	}
	h := policy.Here()
	return h.Global("iam", "role/cdk-"+qualifier+"-cfn-exec-role-"+h.Account+"-"+h.Region)
}

var databaseName = regexp.MustCompile(`^[a-z0-9_]{1,255}$`)

// Validate reports every fault in the props as a [check.Fault].
func (p SettingsProps) Validate() error {
	faults := check.Of("lakeformation.SettingsProps")
	for _, list := range []struct {
		field      string
		principals []Principal
	}{{"Admins", p.Admins}, {"Creators", p.Creators}, {"CreatorsWithOption", p.CreatorsWithOption}} {
		for i, principal := range list.principals {
			at := fmt.Sprintf("%s[%d]", list.field, i)
			principal.check(faults, at)
			twice := slices.ContainsFunc(list.principals[:i], func(other Principal) bool { return other.ID == principal.ID })
			faults.Want(!twice, at+".ID", principal.ID, "each principal once")
			if list.field == "Admins" {
				faults.Want(policy.HasToken(principal.ID) || adminARN.MatchString(principal.ID), at+".ID", principal.ID, "the ARN of a role or user: no other can administer a data lake")
			}
		}
	}
	faults.Want(len(p.Admins) <= maxAdmins, "Admins", fmt.Sprintf("a list of %d", len(p.Admins)), fmt.Sprintf("at most %d: Lake Formation takes 30, the deployer included", maxAdmins))
	for i, name := range p.Databases {
		faults.Want(databaseName.MatchString(name), fmt.Sprintf("Databases[%d]", i), name, "1 to 255 of a-z, 0-9 and _")
	}
	faults.Want(p.CrossAccountVersion >= 0 && p.CrossAccountVersion <= 5, "CrossAccountVersion", p.CrossAccountVersion, "1 to 5, or 0 for 4")
	return faults.Err()
}

var adminARN = regexp.MustCompile(`^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/.+$`)

// maxAdmins is one less than https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_DataLakeSettings.html has.
const maxAdmins = 29
