package lakeformation

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// A Principal is whom something is granted to.
type Principal struct {
	// Name is what this code calls it: 1 to 64 letters, digits, "_" and "-". The logical
	// ids of its grants follow from it, so a new name gives every grant anew.
	Name string

	// ID is how Lake Formation knows it: the ARN of a role, a user, an organization or an
	// organizational unit, or an account's twelve digits. It may be a token.
	ID string
}

// To is the principal of a role, a user, a job: of whatever IAM knows by one ARN. It panics
// if grantee is something else, as a service is.
func To(name string, grantee awsiam.IGrantable) Principal {
	arns := (*grantee.GrantPrincipal().PolicyFragment().PrincipalJson())["AWS"]
	if arns == nil || len(*arns) != 1 {
		panic(&check.Fault{Field: "lakeformation.To", Got: name, Want: "a role, a user or another principal with one ARN"})
	}
	return Principal{name, *(*arns)[0]}
}

// Account is a whole account; its administrators grant further within it.
func Account(id string) Principal { return Principal{"account-" + id, id} }

// AllPrincipalsOf are all roles and users of an account, without further grants there.
func AllPrincipalsOf(account string) Principal {
	return Principal{"everybody-" + account, account + ":IAMPrincipals"}
}

var (
	principalName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	account       = regexp.MustCompile(`^[0-9]{12}$`)

	// https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_DataLakePrincipal.html
	principalID = regexp.MustCompile(`^(arn:[a-z-]+:iam::[0-9]{12}:(role|user|saml-provider|group)/.+|` +
		`arn:[a-z-]+:organizations::[0-9]{12}:(organization/o-[a-z0-9]+|ou/o-[a-z0-9]+/ou-[a-z0-9-]+)|` +
		`arn:[a-z-]+:identitystore:::(user|group)/.+|arn:[a-z-]+:quicksight:.+:(user|group)/.+|[0-9]{12}|[0-9]{12}:IAMPrincipals)$`)
)

const wantPrincipalID = "the ARN of a role, user, organization or organizational unit, or an account's twelve digits"

func (p Principal) check(faults *check.Faults, at string) {
	faults.Want(principalName.MatchString(p.Name), at+".Name", p.Name, `1 to 64 letters, digits, "_" and "-"`)
	faults.Want(policy.HasToken(p.ID) || principalID.MatchString(p.ID), at+".ID", p.ID, wantPrincipalID)
}
