package identitycenter

import (
	_ "embed"
	"regexp"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/custom"
	"github.com/lakekeel/lakekeel/internal/policy"
)

//go:embed function/reserved_role.py
var reservedRoleCode string

// ReservedRoleProps describes a [ReservedRole].
type ReservedRoleProps struct {
	PermissionSet string // its name

	// Pinned is the role's ARN, if that is known: nothing is looked up then.
	Pinned string

	// Wait is how long to look before giving up, whole seconds up to 14 minutes: the role
	// appears some time after the assignment. If zero, 5 minutes.
	Wait time.Duration
}

// ReservedRole is the role that Identity Center makes in an account for a permission set that
// is assigned there: AWSReservedSSO_<permission set>_<16 hexadecimal digits>, under the path
// /aws-reserved/sso.amazonaws.com/ and, outside us-east-1, the region. The digits are known
// only when it is there, so a function finds it while the stack is deployed. It fails if there
// is none, and if there are two, for it never guesses.
type ReservedRole struct {
	Construct constructs.Construct
	ARN       string // a token, unless it was pinned
}

// NewReservedRole defines a lookup in scope, a stack of the account that the permission set
// is assigned in. It panics with the error of [ReservedRoleProps.Validate] if the props are
// not sound.
func NewReservedRole(scope constructs.Construct, id string, props ReservedRoleProps) *ReservedRole {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	r := &ReservedRole{Construct: constructs.NewConstruct(scope, &id), ARN: props.Pinned}
	if r.ARN == "" {
		r.ARN = *newLookup(r.Construct, props).GetAtt(jsii.String("Arn"), "").ToString()
	}
	return r
}

func newLookup(scope constructs.Construct, props ReservedRoleProps) awscdk.CfnResource {
	wait := props.Wait
	if wait == 0 {
		wait = 5 * time.Minute
	}
	return custom.Resource(scope, "Custom::LakekeelReservedRole", custom.Function{
		ID: "LakekeelReservedRole", Code: reservedRoleCode, Timeout: 15 * time.Minute,
		Description: "Finds the roles of IAM Identity Center in this account, for constructs/identitycenter",
		Rights: []policy.Statement{{
			Actions:   []string{"iam:ListRoles"},
			Resources: []string{policy.Here().Global("iam", "role/aws-reserved/sso.amazonaws.com/*")},
			Wildcard:  "the end of a reserved role's name is what is asked for",
		}},
	}, map[string]any{"PermissionSet": props.PermissionSet, "Account": policy.Here().Account, "Wait": int(wait.Seconds())})
}

var reservedRole = regexp.MustCompile(`^arn:[a-z-]+:iam::[0-9]{12}:role/aws-reserved/sso\.amazonaws\.com/([a-z0-9-]+/)?AWSReservedSSO_[\w+=,.@-]{1,32}_[0-9a-f]{16}$`)

// Validate reports every fault in the props as a [check.Fault].
func (p ReservedRoleProps) Validate() error {
	faults := check.Of("identitycenter.ReservedRoleProps")
	faults.Want(setName.MatchString(p.PermissionSet), "PermissionSet", p.PermissionSet, wantSetName)
	faults.Want(p.Pinned == "" || reservedRole.MatchString(p.Pinned), "Pinned", p.Pinned,
		"the ARN of a role AWSReservedSSO_NAME_ and 16 hexadecimal digits under /aws-reserved/sso.amazonaws.com/, or nothing")
	faults.Want(p.Wait >= 0 && p.Wait <= 14*time.Minute && p.Wait%time.Second == 0, "Wait", p.Wait, "whole seconds up to 14m0s, or 0 for 5m0s")
	return faults.Err()
}
