package identitycenter

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// Home is where an organization's Identity Center is.
type Home struct {
	Account       string // the management account, or the one that it delegated to: twelve digits
	Instance      string // "ssoins-" and 16 hexadecimal digits
	IdentityStore string // "d-" and 10 hexadecimal digits; needed to find people by name
}

var (
	accountID     = regexp.MustCompile(`^[0-9]{12}$`)
	instanceID    = regexp.MustCompile(`^ssoins-[0-9a-f]{16}$`)
	identityStore = regexp.MustCompile(`^d-[0-9a-f]{10}$`)
)

func (h Home) check(faults *check.Faults, at string) {
	faults.Want(accountID.MatchString(h.Account), at+".Account", h.Account, "the account that Identity Center lives in, twelve digits")
	faults.Want(instanceID.MatchString(h.Instance), at+".Instance", h.Instance, `"ssoins-" and 16 hexadecimal digits`)
	faults.Want(h.IdentityStore == "" || identityStore.MatchString(h.IdentityStore), at+".IdentityStore", h.IdentityStore, `"d-" and 10 hexadecimal digits, or nothing`)
}

// instanceARN has neither region nor account, whatever the partition.
func (h Home) instanceARN() string {
	return "arn:" + policy.Here().Partition + ":sso:::instance/" + h.Instance
}

// mustBe panics if scope is in another account than the home.
func (h Home) mustBe(scope constructs.Construct, what string) {
	account := *awscdk.Stack_Of(scope).Account()
	if *awscdk.Token_IsUnresolved(account) || account == h.Account {
		return
	}
	panic(&check.Fault{Field: what + " in a stack of account", Got: account, Want: "a stack of account " + h.Account + ", where Identity Center lives"})
}
