package identitycenter

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awssso"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/custom"
	"github.com/lakekeel/lakekeel/internal/policy"
)

//go:embed function/directory.py
var directoryCode string

// Person is a group or a user: exactly one of the fields is set.
type Person struct {
	GroupID, UserID string // as in the identity store: 36 or 47 hexadecimal digits and hyphens
	Group           string // a group's display name
	User            string // a user's name, with which it signs in
}

// AssignmentProps describes an [NewAssignment].
type AssignmentProps struct {
	Set     *PermissionSet
	Account string // in which: twelve digits
	To      Person
}

// NewAssignment gives a group or a user a permission set in an account. What is named is
// looked up in the identity store when it is deployed. It panics with the error of
// [AssignmentProps.Validate] if the props are not sound.
func NewAssignment(scope constructs.Construct, id string, props AssignmentProps) {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	home := props.Set.home
	home.mustBe(scope, "assignment of "+props.Set.Name)
	group := constructs.NewConstruct(scope, &id)
	kind, principal := "GROUP", props.To.GroupID
	switch {
	case props.To.UserID != "":
		kind, principal = "USER", props.To.UserID
	case props.To.User != "":
		kind, principal = "USER", home.find(group, "USER", props.To.User)
	case props.To.Group != "":
		principal = home.find(group, "GROUP", props.To.Group)
	}
	awssso.NewCfnAssignment(group, jsii.String("Resource"), &awssso.CfnAssignmentProps{
		InstanceArn: jsii.String(home.instanceARN()), PermissionSetArn: props.Set.arn,
		PrincipalType: &kind, PrincipalId: &principal,
		TargetType: jsii.String("AWS_ACCOUNT"), TargetId: &props.Account,
	})
}

// find is the id of a group or user by its name, as a token.
func (h Home) find(scope constructs.Construct, kind, name string) string {
	action := map[string]string{"GROUP": "identitystore:GetGroupId", "USER": "identitystore:GetUserId"}
	p := policy.Here()
	found := custom.Resource(constructs.NewConstruct(scope, jsii.String("Found")), "Custom::LakekeelIdentity", custom.Function{
		ID: "LakekeelIdentity", Code: directoryCode,
		Description: "Finds groups and users of Identity Center by their names, for constructs/identitycenter",
		Rights: []policy.Statement{{
			Actions: []string{action["GROUP"], action["USER"]},
			Resources: []string{
				p.Global("identitystore", "identitystore/"+h.IdentityStore),
				"arn:" + p.Partition + ":identitystore:::group/*", "arn:" + p.Partition + ":identitystore:::user/*",
			},
			Wildcard: "a group or user is asked for by its name; the id is the answer",
		}},
	}, map[string]any{"IdentityStore": h.IdentityStore, "Kind": kind, "Name": name})
	return *found.GetAtt(jsii.String("Id"), "").ToString()
}

var identity = regexp.MustCompile(`^([0-9a-f]{10}-)?[A-Fa-f0-9]{8}(-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12}$`)

const wantIdentity = "an id of the identity store: 8-4-4-4-12 hexadecimal digits"

// Validate reports every fault in the props as a [check.Fault].
func (p AssignmentProps) Validate() error {
	faults := check.Of("identitycenter.AssignmentProps")
	faults.Want(p.Set != nil, "Set", nil, "a permission set")
	faults.Want(accountID.MatchString(p.Account), "Account", p.Account, "twelve digits")
	said := slices.DeleteFunc([]string{p.To.GroupID, p.To.UserID, p.To.Group, p.To.User}, func(s string) bool { return s == "" })
	faults.Want(len(said) == 1, "To", fmt.Sprintf("said %d times", len(said)), "exactly one of GroupID, UserID, Group and User")
	faults.Want(p.To.GroupID == "" || identity.MatchString(p.To.GroupID), "To.GroupID", p.To.GroupID, wantIdentity)
	faults.Want(p.To.UserID == "" || identity.MatchString(p.To.UserID), "To.UserID", p.To.UserID, wantIdentity)
	named := p.To.Group != "" || p.To.User != ""
	faults.Want(!named || p.Set == nil || p.Set.home.IdentityStore != "", "To", p.To.Group+p.To.User, "an id, or an IdentityStore of the home to look the name up in")
	return faults.Err()
}
