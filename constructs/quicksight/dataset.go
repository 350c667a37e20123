package quicksight

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// DatasetProps describes a [Dataset].
type DatasetProps struct {
	Definition dataset.Definition

	Sources []*DataSource // those that the definition names and that are deployed with it
	Parents []*Dataset    // likewise the datasets, those with row rules too

	Access []Access // who may build on it, as Author or Owner; readers of dashboards need no rights to it
	Folder *Folder  // may be nil
}

// Dataset is a dataset with its refresh schedules.
type Dataset struct {
	Construct  constructs.Construct
	ID         string
	Definition dataset.Definition
}

// NewDataset defines a dataset in scope. It panics with the error of [DatasetProps.Validate] if
// the props are not sound.
func NewDataset(scope constructs.Construct, id string, props DatasetProps) *Dataset {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	d := &Dataset{Construct: constructs.NewConstruct(scope, &id), ID: props.Definition.ID, Definition: props.Definition}
	made := asset(d.Construct, dataSetKind, props.Definition.JSON(arn), props.Access)
	for _, source := range props.Sources {
		made.Node().AddDependency(source.Construct)
	}
	for _, parent := range props.Parents {
		made.Node().AddDependency(parent.Construct)
	}
	folderOf(made, props.Folder)
	d.schedules(made)
	return d
}

// schedules make one resource each. The service changes one schedule of a dataset at a time, so each waits for the one before.
func (d *Dataset) schedules(made awscdk.CfnResource) {
	before := made
	for _, refresh := range d.Definition.Refresh {
		scope := constructs.NewConstruct(d.Construct, jsii.String("Refresh-"+refresh.ID))
		schedule := resource(scope, "QuickSight::RefreshSchedule", map[string]any{
			"AwsAccountId": policy.Here().Account, "DataSetId": d.ID, "Schedule": refresh.JSON(),
		})
		schedule.Node().AddDependency(before)
		before = schedule
	}
}

// Validate reports every fault in the props and in the definition as a [check.Fault].
func (p DatasetProps) Validate() error {
	faults := check.Of("quicksight.DatasetProps")
	faults.Add(p.Definition.Validate())
	checkAccess(faults, dataSetKind, p.Access)
	return faults.Err()
}

// same says whether the dataset has these columns.
func (d *Dataset) same(columns []dataset.Column) bool {
	return slices.Equal(d.Definition.Output(), columns)
}
