package governance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/constructs/identitycenter"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/system"
)

// Country is whose rows the analyst sees unless [Props] say otherwise.
const Country = "Germany"

// Props are the facts about an environment that its governance depends on.
type Props struct {
	Environment string // the names of roles begin with it, e.g. "Prod"
	Lake        *system.Lake

	Country string // whose rows the analyst sees; if empty, [Country]

	// AdminRole and AnalystRole are roles that are there already, by ARN, e.g. those of
	// permission sets; if empty, roles ENVIRONMENT-LakeAdmin and ENVIRONMENT-LakeAnalyst are made.
	AdminRole, AnalystRole string

	// Identity gives the two roles to groups of IAM Identity Center; if nil, it has no part in
	// it. A role that is given by ARN is left as it is.
	Identity *Identity

	Admins []string // ARNs of further administrators

	// Migration keeps everything open to IAM policies, as before, until it is taken away.
	Migration bool

	Consumers []Consumer // accounts that the published table is shared with

	// StackID is the construct id of a consumer's stack by its name; if nil, the name itself.
	StackID func(name string) string

	// Env must be said if there are consumers, who refer to the account.
	Env *awscdk.Environment
}

// Identity is how people of IAM Identity Center come to the lake.
type Identity struct {
	Home   identitycenter.Home
	Region string // of Identity Center; if empty, the lake's

	AdminGroup, AnalystGroup string // display names of the groups
}

// Consumer is an account that the published table is shared with.
type Consumer struct {
	Name        string // e.g. "Research"; its stack is called Governance and this
	Account     string // twelve digits
	Region      string // if empty, the lake's
	Database    string // name of the resource link there; if empty, the lake's database with "_shared"
	AnalystRole string // as in [Props], in the consumer's account
}

var (
	consumerName = regexp.MustCompile(`^[A-Z][A-Za-z0-9]{0,25}$`)
	accountID    = regexp.MustCompile(`^[0-9]{12}$`)
	regionName   = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)
	roleARN      = regexp.MustCompile(`^arn:[a-z-]+:iam::[0-9]{12}:role/.+$`)
	databaseName = regexp.MustCompile(`^[a-z0-9_]{1,255}$`)
	environment  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,40}$`)
	countryName  = regexp.MustCompile(`^[\p{L}\p{M} .,'()-]{1,100}$`)
)

const (
	wantRole     = "the ARN of a role, arn:PARTITION:iam::ACCOUNT:role/NAME"
	wantConsumer = "1 to 26 letters and digits, a capital first, e.g. Research"
	wantAccount  = `twelve digits in quotes, e.g. "123456789012"`
	wantCountry  = "the name of a country as in the data, e.g. Germany"
	wantDatabase = "1 to 255 of a-z, 0-9 and _"
	wantRegion   = "an AWS region, e.g. eu-west-1"
)

// Validate reports every fault in the props as a [check.Fault].
func (p Props) Validate() error {
	faults := check.Of("governance.Props")
	faults.Want(environment.MatchString(p.Environment), "Environment", p.Environment, "a letter, then letters, digits and hyphens, at most 41")
	faults.Want(p.Lake != nil, "Lake", nil, "a lake, of a system that is defined before")
	faults.Want(p.Country == "" || countryName.MatchString(p.Country), "Country", p.Country, wantCountry)
	for _, role := range []struct{ field, arn string }{{"AdminRole", p.AdminRole}, {"AnalystRole", p.AnalystRole}} {
		faults.Want(role.arn == "" || roleARN.MatchString(role.arn), role.field, role.arn, wantRole+", or nothing")
	}
	for i, arn := range p.Admins {
		faults.Want(roleARN.MatchString(arn), fmt.Sprintf("Admins[%d]", i), arn, wantRole)
	}
	if i := p.Identity; i != nil {
		faults.Want(i.AdminGroup != "", "Identity.AdminGroup", i.AdminGroup, "the display name of a group")
		faults.Want(i.AnalystGroup != "", "Identity.AnalystGroup", i.AnalystGroup, "the display name of a group")
		faults.Want(i.Region == "" || regionName.MatchString(i.Region), "Identity.Region", i.Region, wantRegion+", or nothing")
		faults.Want(i.Home.IdentityStore != "", "Identity.Home.IdentityStore", i.Home.IdentityStore, "the identity store that holds the groups")
	}
	for i, consumer := range p.Consumers {
		p.checkConsumer(faults, i, consumer)
	}
	known := p.Env != nil && p.Env.Account != nil && p.Env.Region != nil
	faults.Want(known || len(p.Consumers) == 0 && p.Identity == nil, "Env", nil, "an account and a region, which consumers and Identity Center refer to")
	return faults.Err()
}

func (p Props) checkConsumer(faults *check.Faults, i int, c Consumer) {
	at := func(field string) string { return fmt.Sprintf("Consumers[%d].%s", i, field) }
	faults.Want(consumerName.MatchString(c.Name), at("Name"), c.Name, wantConsumer)
	faults.Want(accountID.MatchString(c.Account), at("Account"), c.Account, "twelve digits")
	faults.Want(c.Region == "" || regionName.MatchString(c.Region), at("Region"), c.Region, wantRegion+", or nothing")
	faults.Want(c.Database == "" || databaseName.MatchString(c.Database), at("Database"), c.Database, wantDatabase+", or nothing")
	faults.Want(c.AnalystRole == "" || roleARN.MatchString(c.AnalystRole), at("AnalystRole"), c.AnalystRole, wantRole+", or nothing")
	same := func(other Consumer) bool { return other.Name == c.Name || other.Account == c.Account }
	faults.Want(!slices.ContainsFunc(p.Consumers[:i], same), at("Name"), c.Name+" in "+c.Account, "each consumer once, by name and by account")
	faults.Want(p.Env == nil || p.Env.Account == nil || *p.Env.Account != c.Account, at("Account"), c.Account, "another account than the lake's own")
}

func (p Props) country() string {
	if p.Country != "" {
		return p.Country
	}
	return Country
}

func (p Props) account() string { return *p.Env.Account }
func (p Props) region() string  { return *p.Env.Region }

// stackID is the construct id of a stack beside the lake's.
func (p Props) stackID(name string) string {
	if p.StackID == nil {
		return name
	}
	return p.StackID(name)
}

func (c Consumer) link(database string) string {
	if c.Database != "" {
		return c.Database
	}
	return database + "_shared"
}

// quoteText is s within a text of SQL.
func quoteText(s string) string { return strings.ReplaceAll(s, "'", "''") }
