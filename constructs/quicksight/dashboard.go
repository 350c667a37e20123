package quicksight

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/lakekeel/lakekeel/constructs/quicksight/report"
	"github.com/lakekeel/lakekeel/internal/check"
)

// DashboardProps describes a [Dashboard].
type DashboardProps struct {
	ID         string // unique in the account and region; letters, digits, hyphens, underscores
	Name       string // 1 to 2048 characters
	Definition report.Definition

	Datasets []*Dataset // those that the definition names and that are deployed with it
	Theme    *Theme     // if nil, the service's own
	Publish  report.Publish
	Access   []Access // who may see and change it
	Folder   *Folder  // may be nil
}

// Dashboard is a published dashboard. Its readers may filter it, and keep the result as a bookmark.
type Dashboard struct {
	Construct constructs.Construct
	ID        string
}

// NewDashboard defines a dashboard in scope. It panics with the error of
// [DashboardProps.Validate] if the props are not sound.
func NewDashboard(scope constructs.Construct, id string, props DashboardProps) *Dashboard {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	d := &Dashboard{Construct: constructs.NewConstruct(scope, &id), ID: props.ID}
	properties := map[string]any{"DashboardId": props.ID, "Name": props.Name, "Definition": props.Definition.JSON(arn), "DashboardPublishOptions": props.Publish.JSON()}
	made := asset(d.Construct, dashboardKind, themed(properties, props.Theme), props.Access)
	after(made, props.Datasets, props.Theme)
	folderOf(made, props.Folder)
	return d
}

// Validate reports every fault in the props and in the definition as a [check.Fault].
func (p DashboardProps) Validate() error {
	faults := check.Of("quicksight.DashboardProps")
	checkReport(faults, p.ID, p.Name, p.Definition, p.Datasets)
	checkAccess(faults, dashboardKind, p.Access)
	return faults.Err()
}

// AnalysisProps describes an [Analysis].
type AnalysisProps struct {
	ID         string // unique in the account and region; letters, digits, hyphens, underscores
	Name       string // 1 to 2048 characters
	Definition report.Definition

	Datasets []*Dataset // those that the definition names and that are deployed with it
	Theme    *Theme     // if nil, the service's own
	Access   []Access   // who may work on it, as Author or Owner
	Folder   *Folder    // may be nil
}

// Analysis is where authors go on with a definition.
type Analysis struct {
	Construct constructs.Construct
	ID        string
}

// NewAnalysis defines an analysis in scope. It panics with the error of
// [AnalysisProps.Validate] if the props are not sound.
func NewAnalysis(scope constructs.Construct, id string, props AnalysisProps) *Analysis {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	a := &Analysis{Construct: constructs.NewConstruct(scope, &id), ID: props.ID}
	properties := map[string]any{"AnalysisId": props.ID, "Name": props.Name, "Definition": props.Definition.JSON(arn)}
	made := asset(a.Construct, analysisKind, themed(properties, props.Theme), props.Access)
	after(made, props.Datasets, props.Theme)
	folderOf(made, props.Folder)
	return a
}

// Validate reports every fault in the props and in the definition as a [check.Fault].
func (p AnalysisProps) Validate() error {
	faults := check.Of("quicksight.AnalysisProps")
	checkReport(faults, p.ID, p.Name, p.Definition, p.Datasets)
	checkAccess(faults, analysisKind, p.Access)
	return faults.Err()
}

func themed(properties map[string]any, theme *Theme) map[string]any {
	if theme != nil {
		properties["ThemeArn"] = arn("theme/" + theme.ID)
	}
	return properties
}

// after orders a dashboard or analysis behind what it shows.
func after(made awscdk.CfnResource, datasets []*Dataset, theme *Theme) {
	for _, d := range datasets {
		made.Node().AddDependency(d.Construct)
	}
	if theme != nil {
		made.Node().AddDependency(theme.Construct)
	}
}

func checkReport(faults *check.Faults, id, name string, definition report.Definition, datasets []*Dataset) {
	checkID(faults, id)
	faults.Want(name != "" && len(name) <= 2048, "Name", name, "1 to 2048 characters")
	faults.Add(definition.Validate())
	for i, d := range datasets {
		field := fmt.Sprintf("Datasets[%d]", i)
		j := slices.IndexFunc(definition.Datasets, func(s report.Dataset) bool { return s.ID == d.ID })
		faults.Want(j >= 0, field, d.ID, "a dataset of the definition")
		if j >= 0 {
			faults.Want(d.same(definition.Datasets[j].Columns), field, d.ID, "the columns that the definition says it has; make it by report.Of")
		}
	}
}
