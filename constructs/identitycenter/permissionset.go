package identitycenter

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awssso"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// PermissionSetProps describes a [PermissionSet].
type PermissionSetProps struct {
	Home        Home
	Name        string // 1 to 32 letters, digits and +=,.@_-; the role in each account is named for it
	Description string // 1 to 700 characters; if empty, the name

	ManagedPolicies         []string                // AWS's, by name, e.g. "AmazonAthenaFullAccess"
	CustomerManagedPolicies []CustomerManagedPolicy // that each account has which the set is assigned in
	Inline                  map[string]any          // a policy document; nil for none

	Session    time.Duration // how long a person stays signed in, 1 to 12 hours, whole minutes; if zero, one hour
	RelayState string        // https URL in the console where a person arrives; if empty, its front page
}

// CustomerManagedPolicy is a policy by the name that it has in every account.
type CustomerManagedPolicy struct {
	Name string
	Path string // if empty, "/"
}

// PermissionSet is what a person may do in the accounts that it is assigned in.
type PermissionSet struct {
	Construct constructs.Construct
	Name      string // as in the props

	home Home
	arn  *string
}

// NewPermissionSet defines a permission set in scope, a stack of the account that Identity
// Center lives in. It panics with the error of [PermissionSetProps.Validate] if the props
// are not sound.
func NewPermissionSet(scope constructs.Construct, id string, props PermissionSetProps) *PermissionSet {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	props.Home.mustBe(scope, "permission set "+props.Name)
	var managed []*string
	for _, name := range props.ManagedPolicies {
		managed = append(managed, jsii.String(policy.Here().Managed(name)))
	}
	var own []any
	for _, p := range props.CustomerManagedPolicies {
		own = append(own, map[string]any{"name": p.Name, "path": or(p.Path, "/")})
	}
	cfn := &awssso.CfnPermissionSetProps{
		InstanceArn: jsii.String(props.Home.instanceARN()), Name: &props.Name,
		Description:     jsii.String(or(props.Description, props.Name)),
		SessionDuration: jsii.String(iso8601(props.Session)),
	}
	if len(managed) > 0 {
		cfn.ManagedPolicies = &managed
	}
	if len(own) > 0 {
		cfn.CustomerManagedPolicyReferences = own
	}
	if props.Inline != nil {
		cfn.InlinePolicy = props.Inline
	}
	if props.RelayState != "" {
		cfn.RelayStateType = &props.RelayState
	}
	set := awssso.NewCfnPermissionSet(scope, &id, cfn)
	return &PermissionSet{Construct: set, Name: props.Name, home: props.Home, arn: set.AttrPermissionSetArn()}
}

// iso8601 writes a duration of whole minutes, e.g. PT1H30M.
func iso8601(d time.Duration) string {
	if d == 0 {
		d = time.Hour
	}
	hours, minutes := int(d.Hours()), int(d.Minutes())%60
	switch {
	case minutes == 0:
		return fmt.Sprintf("PT%dH", hours)
	case hours == 0:
		return fmt.Sprintf("PT%dM", minutes)
	}
	return fmt.Sprintf("PT%dH%dM", hours, minutes)
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html
var (
	setName    = regexp.MustCompile(`^[\w+=,.@-]{1,32}$`)
	policyName = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)
	policyPath = regexp.MustCompile(`^(/|/[\x21-\x7e]{1,510}/)$`)
	relayState = regexp.MustCompile(`^https://[a-zA-Z0-9&$@#/%?=~_'"|!:,.;*+ ()-]{1,232}$`)
	managed    = regexp.MustCompile(`^([\w+=,.@-]+/)*[\w+=,.@-]+$`)
)

// maxManaged is Identity Center's limit, AWS's and the customer's policies together:
// https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html.
const maxManaged = 20

const wantSetName = "1 to 32 letters, digits and +=,.@_-"

// Validate reports every fault in the props as a [check.Fault].
func (p PermissionSetProps) Validate() error {
	faults := check.Of("identitycenter.PermissionSetProps")
	p.Home.check(faults, "Home")
	faults.Want(setName.MatchString(p.Name), "Name", p.Name, wantSetName)
	faults.Want(len([]rune(p.Description)) <= 700, "Description", fmt.Sprintf("of %d characters", len([]rune(p.Description))), "at most 700 characters")
	for i, name := range p.ManagedPolicies {
		at := fmt.Sprintf("ManagedPolicies[%d]", i)
		faults.Want(managed.MatchString(name), at, name, `the name of one of AWS's policies, e.g. "AmazonAthenaFullAccess", no ARN`)
		faults.Want(slices.Index(p.ManagedPolicies, name) == i, at, name, "each policy once")
	}
	for i, own := range p.CustomerManagedPolicies {
		at := fmt.Sprintf("CustomerManagedPolicies[%d]", i)
		faults.Want(policyName.MatchString(own.Name), at+".Name", own.Name, "1 to 128 letters, digits and +=,.@_-, no ARN: every account has its own")
		faults.Want(own.Path == "" || policyPath.MatchString(own.Path), at+".Path", own.Path, `"/", or a path between two of them, or nothing`)
		faults.Want(slices.Index(p.CustomerManagedPolicies, own) == i, at+".Name", own.Name, "each policy once")
	}
	together := len(p.ManagedPolicies) + len(p.CustomerManagedPolicies)
	faults.Want(together <= maxManaged, "ManagedPolicies", fmt.Sprintf("%d with CustomerManagedPolicies", together), fmt.Sprintf("at most %d together", maxManaged))
	faults.Want(p.Session == 0 || p.Session >= time.Hour && p.Session <= 12*time.Hour && p.Session%time.Minute == 0, "Session", p.Session, "1 to 12 hours in whole minutes, or 0 for one hour")
	faults.Want(p.RelayState == "" || relayState.MatchString(p.RelayState), "RelayState", p.RelayState, "an https URL of at most 240 characters, or nothing")
	return faults.Err()
}
