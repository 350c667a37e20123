package governance

import (
	"fmt"
	"slices"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/config"
	"github.com/lakekeel/lakekeel/internal/system"
)

// System is Lake Formation over the Covid-19 lake as something that an environment can
// switch on, after the system that it governs.
func System() system.System {
	return system.System{
		Name: "governance",
		Doc:  "Lake Formation over the Covid-19 lake: an administrator, an analyst who sees a part, and accounts that it is shared with. Needs covid19, whose workflow has run once.",
		Once: true,
		New:  func() system.Settings { return &settings{} },
	}
}

// settings is the block governance of an environment; see [Props] for the meaning.
type settings struct {
	country, adminRole, analystRole string
	admins                          []string
	migration                       bool
	consumers                       []*Consumer
	identity                        Identity
}

func (s *settings) Fields() []config.Field {
	role := func(to *string) config.Value {
		return config.Text{To: to, Pattern: roleARN.String(), Want: wantRole}
	}
	return []config.Field{
		{Name: "country", Doc: "Whose rows the analyst sees. If left out, " + Country + ".",
			Value: config.Text{To: &s.country, Check: countryName.MatchString, Want: wantCountry, Default: Country}},
		{Name: "adminRole", Value: role(&s.adminRole),
			Doc: "ARN of a role that is there already and administers the lake, e.g. that of a permission set. If left out, ENVIRONMENT-LakeAdmin is made."},
		{Name: "analystRole", Value: role(&s.analystRole),
			Doc: "ARN of a role that is there already and analyses the data. If left out, ENVIRONMENT-LakeAnalyst is made."},
		{Name: "identityCenter", Value: config.Block{Fields: s.identityFields()},
			Doc: "Groups of IAM Identity Center that administer and analyse the lake, by permission sets DataLakeAdmin and LakeFormationDataAnalyst. If left out, it has no part in it."},
		{Name: "admins", Value: config.Texts{To: &s.admins, Each: config.Text{Pattern: roleARN.String(), Want: wantRole}},
			Doc: "ARNs of further roles that administer the lake. If left out, none."},
		{Name: "migration", Value: config.Flag{To: &s.migration},
			Doc: "Whether everything stays open to IAM policies, as before Lake Formation, until the grants are in place. If left out, it does not."},
		{Name: "consumers", Value: config.List{Each: s.consumer},
			Doc: "Accounts that the published table is shared with; each gets a stack of its own, after the lake's. If left out, none."},
	}
}

func (s *settings) identityFields() []config.Field {
	i := &s.identity
	group := func(name, doc string, to *string) config.Field {
		return config.Field{Name: name, Required: true, Value: config.Text{To: to, Want: "the display name of a group"}, Doc: doc}
	}
	return []config.Field{
		{Name: "account", Required: true, Value: config.Text{To: &i.Home.Account, Pattern: accountID.String(), Want: wantAccount},
			Doc: "AWS account that Identity Center lives in, the management account or a delegated one: twelve digits, in quotes."},
		{Name: "region", Value: config.Text{To: &i.Region, Pattern: regionName.String(), Want: wantRegion},
			Doc: "AWS region that Identity Center lives in. If left out, the lake's."},
		{Name: "instance", Required: true, Value: config.Text{To: &i.Home.Instance, Pattern: `^ssoins-[0-9a-f]{16}$`, Want: `"ssoins-" and 16 hexadecimal digits`},
			Doc: "The instance of Identity Center: the end of its ARN."},
		{Name: "identityStore", Required: true, Value: config.Text{To: &i.Home.IdentityStore, Pattern: `^d-[0-9a-f]{10}$`, Want: `"d-" and 10 hexadecimal digits`},
			Doc: "The identity store that holds the groups."},
		group("adminGroup", "Group that administers the lake.", &i.AdminGroup),
		group("analystGroup", "Group that analyses the data.", &i.AnalystGroup),
	}
}

func (s *settings) consumer() []config.Field {
	c := &Consumer{}
	s.consumers = append(s.consumers, c)
	return []config.Field{
		{Name: "name", Required: true, Value: config.Text{To: &c.Name, Pattern: consumerName.String(), Want: wantConsumer},
			Doc: "Name of the consumer; its stack is ENVIRONMENT-Governance and this."},
		{Name: "account", Required: true, Value: config.Text{To: &c.Account, Pattern: accountID.String(), Want: wantAccount},
			Doc: "AWS account of the consumer: twelve digits, in quotes."},
		{Name: "region", Value: config.Text{To: &c.Region, Pattern: regionName.String(), Want: wantRegion},
			Doc: "AWS region of the resource link. If left out, the lake's."},
		{Name: "database", Value: config.Text{To: &c.Database, Pattern: databaseName.String(), Want: wantDatabase},
			Doc: "Name of the resource link. If left out, the lake's database with _shared."},
		{Name: "analystRole", Value: config.Text{To: &c.AnalystRole, Pattern: roleARN.String(), Want: wantRole},
			Doc: "ARN of a role of the consumer's that analyses the data. If left out, ENVIRONMENT-LakeAnalyst is made there."},
	}
}

func (s *settings) Check(doc *config.Document, path string) {
	for i, c := range s.consumers {
		for _, other := range s.consumers[:i] {
			at := fmt.Sprintf("%s.consumers[%d]", path, i)
			doc.Want(c.Name == "" || c.Name != other.Name, at+".name", c.Name, "a name that no other consumer has")
			doc.Want(c.Account == "" || c.Account != other.Account, at+".account", c.Account, "an account that no other consumer has")
		}
	}
}

func (s *settings) Define(place system.Place) []system.Workflow {
	i := slices.IndexFunc(place.Workflows, func(w system.Workflow) bool { return w.Lake != nil })
	if i < 0 {
		panic(&check.Fault{Field: "governance of environment " + place.Environment, Got: config.Phrase("without a lake"), Want: "covid19 with enabled: true, the lake that it governs"})
	}
	props := Props{
		Environment: place.Environment, Lake: place.Workflows[i].Lake, Country: s.country, AdminRole: s.adminRole, AnalystRole: s.analystRole,
		Admins: s.admins, Migration: s.migration, Env: place.Env(), StackID: place.StackID,
	}
	if s.identity.Home.Account != "" {
		props.Identity = &s.identity
	}
	for _, c := range s.consumers {
		props.Consumers = append(props.Consumers, *c)
	}
	New(place.Scope, place.StackID("Governance"), props)
	return nil
}
