package quicksight

import (
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/lakekeel/lakekeel/constructs/quicksight/report"
	"github.com/lakekeel/lakekeel/internal/check"
)

// ThemeProps describes a [Theme].
type ThemeProps struct {
	Theme  report.Theme
	Access []Access // who may use and change it; a dashboard's readers need no rights to it
}

// Theme is colours and fonts that dashboards share.
type Theme struct {
	Construct constructs.Construct
	ID        string
}

// NewTheme defines a theme in scope. It panics with the error of [ThemeProps.Validate] if the
// props are not sound.
func NewTheme(scope constructs.Construct, id string, props ThemeProps) *Theme {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	t := &Theme{Construct: constructs.NewConstruct(scope, &id), ID: props.Theme.ID}
	asset(t.Construct, themeKind, props.Theme.JSON(), props.Access)
	return t
}

// Validate reports every fault in the props as a [check.Fault].
func (p ThemeProps) Validate() error {
	faults := check.Of("quicksight.ThemeProps")
	faults.Add(p.Theme.Validate())
	checkAccess(faults, themeKind, p.Access)
	return faults.Err()
}
