package identitycenter

import (
	"strings"
	"testing"
	"time"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

var home = Home{Account: "999999999999", Instance: "ssoins-0123456789abcdef", IdentityStore: "d-0123456789"}

func TestPermissionSetPropsValidate(t *testing.T) {
	const at = "identitycenter.PermissionSetProps."
	set := func(change func(*PermissionSetProps)) PermissionSetProps {
		p := PermissionSetProps{Home: home, Name: "Analyst"}
		change(&p)
		return p
	}
	for name, test := range map[string]struct {
		props PermissionSetProps
		want  string
	}{
		"a name is enough": {set(func(p *PermissionSetProps) {}), ""},
		"much is said": {set(func(p *PermissionSetProps) {
			p.ManagedPolicies, p.CustomerManagedPolicies = []string{"job-function/ViewOnlyAccess"}, []CustomerManagedPolicy{{"Own", "/team/"}}
			p.Session, p.RelayState = 90*time.Minute, "https://eu-west-1.console.aws.amazon.com/athena/home"
		}), ""},
		"an instance's ARN":            {set(func(p *PermissionSetProps) { p.Home.Instance = "arn:aws:sso:::instance/ssoins-0123456789abcdef" }), at + `Home.Instance is "arn:aws:sso:::instance/ssoins-0123456789abcdef"; want "ssoins-" and 16 hexadecimal digits`},
		"no account":                   {set(func(p *PermissionSetProps) { p.Home.Account = "" }), at + `Home.Account is ""; want the account that Identity Center lives in, twelve digits`},
		"an identity store that isn't": {set(func(p *PermissionSetProps) { p.Home.IdentityStore = "store" }), at + `Home.IdentityStore is "store"; want "d-" and 10 hexadecimal digits, or nothing`},
		"a name with a space":          {set(func(p *PermissionSetProps) { p.Name = "Data Analyst" }), at + `Name is "Data Analyst"; want 1 to 32 letters, digits and +=,.@_-`},
		"a name of 33 letters":         {set(func(p *PermissionSetProps) { p.Name = strings.Repeat("a", 33) }), at + `Name is "` + strings.Repeat("a", 33) + `"; want 1 to 32 letters, digits and +=,.@_-`},
		"a long description":           {set(func(p *PermissionSetProps) { p.Description = strings.Repeat("a", 701) }), at + `Description is "of 701 characters"; want at most 700 characters`},
		"a managed policy by its ARN": {set(func(p *PermissionSetProps) {
			p.ManagedPolicies = []string{"arn:aws:iam::aws:policy/AmazonAthenaFullAccess"}
		}), at + `ManagedPolicies[0] is "arn:aws:iam::aws:policy/AmazonAthenaFullAccess"; want the name of one of AWS's policies, e.g. "AmazonAthenaFullAccess", no ARN`},
		"a managed policy twice": {set(func(p *PermissionSetProps) { p.ManagedPolicies = []string{"A", "A"} }), at + `ManagedPolicies[1] is "A"; want each policy once`},
		"a customer's policy by ARN": {set(func(p *PermissionSetProps) {
			p.CustomerManagedPolicies = []CustomerManagedPolicy{{Name: "arn:aws:iam::1:policy/A"}}
		}), at + `CustomerManagedPolicies[0].Name is "arn:aws:iam::1:policy/A"; want 1 to 128 letters, digits and +=,.@_-, no ARN: every account has its own`},
		"a path without a slash":          {set(func(p *PermissionSetProps) { p.CustomerManagedPolicies = []CustomerManagedPolicy{{"A", "team"}} }), at + `CustomerManagedPolicies[0].Path is "team"; want "/", or a path between two of them, or nothing`},
		"more policies than there may be": {set(func(p *PermissionSetProps) { p.ManagedPolicies = strings.Split("abcdefghijklmnopqrstu", "") }), at + `ManagedPolicies is "21 with CustomerManagedPolicies"; want at most 20 together`},
		"a session of half an hour":       {set(func(p *PermissionSetProps) { p.Session = 30 * time.Minute }), at + "Session is 30m0s; want 1 to 12 hours in whole minutes, or 0 for one hour"},
		"a session of 13 hours":           {set(func(p *PermissionSetProps) { p.Session = 13 * time.Hour }), at + "Session is 13h0m0s; want 1 to 12 hours in whole minutes, or 0 for one hour"},
		"a relay state without TLS":       {set(func(p *PermissionSetProps) { p.RelayState = "http://x" }), at + `RelayState is "http://x"; want an https URL of at most 240 characters, or nothing`},
	} {
		t.Run(name, func(t *testing.T) { checktest.Message(t, test.props.Validate(), test.want) })
	}
}

func TestAssignmentPropsValidate(t *testing.T) {
	const at = "identitycenter.AssignmentProps."
	set, nameless := &PermissionSet{Name: "A", home: home}, &PermissionSet{Name: "A", home: Home{Account: home.Account, Instance: home.Instance}}
	group := "0123456789-01234567-89ab-cdef-0123-456789abcdef"
	for name, test := range map[string]struct {
		props AssignmentProps
		want  string
	}{
		"a group by id":                    {AssignmentProps{set, "123456789012", Person{GroupID: group}}, ""},
		"a user by name":                   {AssignmentProps{set, "123456789012", Person{User: "anna"}}, ""},
		"nothing":                          {AssignmentProps{}, at + "Set is <nil>; want a permission set\n" + at + `Account is ""; want twelve digits` + "\n" + at + `To is "said 0 times"; want exactly one of GroupID, UserID, Group and User`},
		"a group and a user":               {AssignmentProps{set, "123456789012", Person{Group: "a", User: "b"}}, at + `To is "said 2 times"; want exactly one of GroupID, UserID, Group and User`},
		"a name as an id":                  {AssignmentProps{set, "123456789012", Person{UserID: "anna"}}, at + `To.UserID is "anna"; want an id of the identity store: 8-4-4-4-12 hexadecimal digits`},
		"a name without an identity store": {AssignmentProps{nameless, "123456789012", Person{Group: "Analysts"}}, at + `To is "Analysts"; want an id, or an IdentityStore of the home to look the name up in`},
	} {
		t.Run(name, func(t *testing.T) { checktest.Message(t, test.props.Validate(), test.want) })
	}
}

func TestReservedRolePropsValidate(t *testing.T) {
	const (
		at   = "identitycenter.ReservedRoleProps."
		want = "; want the ARN of a role AWSReservedSSO_NAME_ and 16 hexadecimal digits under /aws-reserved/sso.amazonaws.com/, or nothing"
		arn  = "arn:aws-cn:iam::123456789012:role/aws-reserved/sso.amazonaws.com/cn-north-1/AWSReservedSSO_Analyst_0123456789abcdef"
	)
	for name, test := range map[string]struct {
		props ReservedRoleProps
		want  string
	}{
		"a name is enough":            {ReservedRoleProps{PermissionSet: "Analyst"}, ""},
		"pinned":                      {ReservedRoleProps{PermissionSet: "Analyst", Pinned: arn, Wait: 14 * time.Minute}, ""},
		"no name":                     {ReservedRoleProps{}, at + `PermissionSet is ""; want 1 to 32 letters, digits and +=,.@_-`},
		"pinned to another kind":      {ReservedRoleProps{PermissionSet: "A", Pinned: "arn:aws:iam::123456789012:role/x"}, at + `Pinned is "arn:aws:iam::123456789012:role/x"` + want},
		"longer than a function runs": {ReservedRoleProps{PermissionSet: "A", Wait: time.Hour}, at + "Wait is 1h0m0s; want whole seconds up to 14m0s, or 0 for 5m0s"},
	} {
		t.Run(name, func(t *testing.T) { checktest.Message(t, test.props.Validate(), test.want) })
	}
}

func TestPersonaPoliciesPropsValidate(t *testing.T) {
	checktest.Message(t, PersonaPoliciesProps{Results: "athena-results"}.Validate(), "")
	checktest.Message(t, PersonaPoliciesProps{Workgroup: "a b"}.Validate(), `identitycenter.PersonaPoliciesProps.Workgroup is "a b"; want 1 to 128 letters, digits and "._-", or nothing for primary
identitycenter.PersonaPoliciesProps.Results is ""; want the name of a bucket`)
}

func TestPersonasAreSound(t *testing.T) {
	for _, persona := range []PermissionSetProps{DataLakeAdmin(home), LakeFormationDataAnalyst(home), NarrowDataLakeAdmin(home), NarrowDataAnalyst(home)} {
		checktest.Message(t, persona.Validate(), "")
	}
	if got := len(DataLakeAdmin(home).ManagedPolicies); got != 5 {
		t.Errorf("%d policies; AWS names five", got)
	}
}

func TestSessionsAreWrittenAsISO8601(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "PT1H", time.Hour: "PT1H", 90 * time.Minute: "PT1H30M", 12 * time.Hour: "PT12H"} {
		if got := iso8601(d); got != want {
			t.Errorf("%s is %s; want %s", d, got, want)
		}
	}
}
