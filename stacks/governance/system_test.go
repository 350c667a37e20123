package governance

import (
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
	"github.com/lakekeel/lakekeel/internal/config"
	"github.com/lakekeel/lakekeel/internal/system"
)

func TestTheBlockOfAnEnvironment(t *testing.T) {
	const research = "consumers:\n  - name: Research\n    account: \"210987654321\"\n"
	for text, want := range map[string]string{
		"country: Germany\n" + research:                                  "",
		"country: \"x' OR 'a' = 'a\"\n":                                  `f.yaml:2: g.country is "x' OR 'a' = 'a"; want the name of a country as in the data, e.g. Germany`,
		"adminRole: admin\n":                                             `f.yaml:2: g.adminRole is "admin"; want the ARN of a role, arn:PARTITION:iam::ACCOUNT:role/NAME`,
		"consumers:\n  - name: Research\n":                               `f.yaml:3: g.consumers[0].account is missing; want twelve digits in quotes, e.g. "123456789012"`,
		research + "  - name: Research\n    account: \"310987654321\"\n": `f.yaml:5: g.consumers[1].name is "Research"; want a name that no other consumer has`,
		research + "  - name: Other\n    account: \"210987654321\"\n":    `f.yaml:6: g.consumers[1].account is "210987654321"; want an account that no other consumer has`,
		"identityCenter:\n  account: \"999999999999\"\n  instance: ssoins-1\n  identityStore: d-0123456789\n  adminGroup: A\n  analystGroup: B\n": `f.yaml:4: g.identityCenter.instance is "ssoins-1"; want "ssoins-" and 16 hexadecimal digits`,
	} {
		s := &settings{}
		doc := config.Read("f.yaml", []byte("g:\n"+indented(text)), []config.Field{{Name: "g", Value: config.Block{Fields: s.Fields()}}})
		s.Check(doc, "g")
		checktest.Message(t, doc.Err(), want)
	}
}

// indented puts the text into a block.
func indented(text string) string {
	return "  " + strings.TrimSuffix(strings.ReplaceAll(text, "\n", "\n  "), "  ")
}

func TestWithoutALakeThereIsNothingToGovern(t *testing.T) {
	defer func() {
		err, _ := recover().(error)
		want := "governance of environment Dev is without a lake; want covid19 with enabled: true, the lake that it governs"
		checktest.Message(t, err, want)
	}()
	(&settings{}).Define(system.Place{Environment: "Dev", Workflows: []system.Workflow{{Name: "other"}}})
}
