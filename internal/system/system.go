// Package system says what a system is to the app: something that an
// environment can switch on, with a block of its own in the configuration file
// and stacks of its own.
//
// A new system is one package that makes a [System], and one line where the app
// lists its systems. No other system changes.
package system

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/lakekeel/lakekeel/internal/config"
)

// System is one system that environments can switch on.
type System struct {
	Name string // key of its block in an environment, e.g. "covid19"
	Doc  string // what it is, in a sentence; editors show it

	// Once says that its resources have fixed names, so that an account and
	// region can hold it only once.
	Once bool

	New func() Settings // empty settings; the file is read into them
}

// Settings are what an environment says about one system.
type Settings interface {
	// Fields describes the keys of the system's block. "enabled" is not among
	// them: every system has it.
	Fields() []config.Field

	// Check records faults that span several keys, at paths below path.
	Check(doc *config.Document, path string)

	// Define defines the system's stacks and returns the workflows that must
	// run well for its deployment to count as good.
	Define(place Place) []Workflow
}

// Workflow is a Glue workflow and how many actions a good run of it reports.
type Workflow struct {
	Name    string
	Actions int
	Lake    *Lake // what it fills; nil if that is not to be governed
}

// Lake is a database that a workflow fills, for a system that governs it.
type Lake struct {
	Database string
	Table    string   // the one that is published
	Schema   []string // its columns
	Bucket   awss3.IBucket
	Folder   string // of the published table's data in Bucket, with a closing slash
	KeyARN   string // of the KMS key of Bucket

	// Writers are the jobs and crawlers that make and change tables, by name.
	Writers map[string]awsiam.IGrantable
}

// Place is where a system's stacks are defined: one environment.
type Place struct {
	Scope       constructs.Construct
	InStage     bool   // whether Scope is a stage that has the environment's name
	Environment string // name of the environment, e.g. "Prod"
	Account     string // twelve digits
	Region      string // e.g. "eu-west-1"

	// DestroyData is the environment's key of two-key deletion: whether removing
	// a stack may remove data whose construct allows it too.
	DestroyData bool

	// Workflows are those of the systems that were defined here before.
	Workflows []Workflow
}

// Env is the account and region in CDK's form.
func (p Place) Env() *awscdk.Environment {
	return &awscdk.Environment{Account: &p.Account, Region: &p.Region}
}

// StackID is the construct id of a stack, such that its name becomes
// <environment>-<name> both in a stage of a pipeline, where CDK puts the stage's
// name first, and directly in an app.
func (p Place) StackID(name string) string {
	if p.InStage {
		return name
	}
	return p.Environment + "-" + name
}
