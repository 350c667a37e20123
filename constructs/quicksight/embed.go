package quicksight

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// EmbeddedDashboardProps describes an [EmbeddedDashboard].
type EmbeddedDashboardProps struct {
	Dashboard *Dashboard

	// Domains are the pages that may show it, as "https://app.example.com" or "https://*.example.com"; at least one.
	Domains []string

	// Users are the names of those who may be shown it; if empty, every registered user of the namespace, as far as the dashboard's
	// Access goes.
	Users     []string
	Namespace string // of the users; if empty, "default"

	Session time.Duration // how long a reader stays signed in, 15 minutes to 10 hours; if zero, an hour
}

// EmbeddedDashboard is a function that returns a URL which shows a dashboard to a registered user inside another
// page. Bookmarks, the reader's own state from visit to visit and "share this view" are on.
//
// The function believes its caller who the user is. So only a caller that has signed
// the user in may be let at it, by [EmbeddedDashboard.GrantInvoke]; nobody is at first.
type EmbeddedDashboard struct {
	Construct constructs.Construct

	function function
}

// NewEmbeddedDashboard defines the function in scope. It panics with the error of
// [EmbeddedDashboardProps.Validate] if the props are not sound.
func NewEmbeddedDashboard(scope constructs.Construct, id string, props EmbeddedDashboardProps) *EmbeddedDashboard {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	e := &EmbeddedDashboard{Construct: constructs.NewConstruct(scope, &id)}
	users := arn("user/" + cmp.Or(props.Namespace, "default") + "/")
	e.function = newFunction(e.Construct, "Function", "URL of the dashboard "+props.Dashboard.ID+" for a registered user", embedSource, 10*time.Second,
		map[string]any{
			"ACCOUNT": policy.Here().Account, "USERS": users, "DASHBOARD": props.Dashboard.ID, "DOMAINS": strings.Join(props.Domains, ","),
			"MINUTES": fmt.Sprint(int(cmp.Or(props.Session, time.Hour).Minutes())),
		}, []policy.Statement{props.statement(users)})
	e.function.resource.Node().AddDependency(props.Dashboard.Construct)
	return e
}

// statement lets the function make URLs for the users, on these pages only.
func (p EmbeddedDashboardProps) statement(users string) policy.Statement {
	s := policy.Statement{
		Actions:    []string{"quicksight:GenerateEmbedUrlForRegisteredUser"},
		Conditions: map[string]any{"ForAllValues:StringEquals": map[string]any{"quicksight:AllowedEmbeddingDomains": p.Domains}},
	}
	for _, name := range p.Users {
		s.Resources = append(s.Resources, users+name)
	}
	if len(p.Users) == 0 {
		s.Resources = []string{users + "*"}
		s.Wildcard = "users register themselves: their names are not known when the stack is deployed"
	}
	return s
}

// GrantInvoke lets a caller ask for URLs, with {"user": NAME}; the answer is {"url": URL}.
func (e *EmbeddedDashboard) GrantInvoke(to awsiam.IGrantable) {
	policy.Grant(to, policy.Statement{Actions: []string{"lambda:InvokeFunction"}, Resources: []string{e.function.arn}})
}

var domain = regexp.MustCompile(`^https://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?$|^http://localhost(:\d+)?$`)

// Validate reports every fault in the props as a [check.Fault].
func (p EmbeddedDashboardProps) Validate() error {
	faults := check.Of("quicksight.EmbeddedDashboardProps")
	faults.Want(p.Dashboard != nil, "Dashboard", nil, "the dashboard to show")
	faults.Want(len(p.Domains) > 0, "Domains", len(p.Domains), "at least one page's domain")
	for i, d := range p.Domains {
		faults.Want(domain.MatchString(d), fmt.Sprintf("Domains[%d]", i), d, `"https://" and a domain, without a path`)
	}
	for i, name := range p.Users {
		faults.Want(name != "" && !strings.Contains(name, "*"), fmt.Sprintf("Users[%d]", i), name, "the name of a user")
	}
	session := cmp.Or(p.Session, time.Hour)
	faults.Want(session >= 15*time.Minute && session <= 10*time.Hour && session%time.Minute == 0, "Session", p.Session, "whole minutes from 15 to 600, or 0 for an hour")
	return faults.Err()
}
