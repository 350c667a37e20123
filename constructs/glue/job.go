package glue

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/batch"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// JobType is what a [Job] runs on.
type JobType int

const (
	Spark       JobType = iota // a Spark cluster; Glue's glueetl
	PythonShell                // one Python 3.9 process; Glue's pythonshell
)

// command is the service's name for the type.
func (t JobType) command() string { return [...]string{"glueetl", "pythonshell"}[t] }

// DefaultGlueVersion is the version of a Spark job that names none. It is what the
// service itself takes today, "jobs that are created without specifying a Glue version
// default to Glue 5.1" (https://docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html),
// written out so that a job does not change with the service. 6.0 can be asked for.
const DefaultGlueVersion = "5.1"

// pythonShellVersion is the Glue version that Python 3.9 shell jobs belong to; it is
// what the CDK's PythonShellJob writes.
const pythonShellVersion = "3.0"

// glueVersions are the versions that a Spark job with worker types can have and that
// are supported: https://docs.aws.amazon.com/glue/latest/dg/release-notes.html.
var glueVersions = []string{"3.0", "4.0", "5.0", "5.1", "6.0"}

// WorkerType is the size of one worker of a Spark job; see
// https://docs.aws.amazon.com/glue/latest/dg/worker-types.html.
type WorkerType string

const (
	G1X  WorkerType = "G.1X"  // 4 vCPU, 16 GB; 1 DPU an hour
	G2X  WorkerType = "G.2X"  // 8 vCPU, 32 GB
	G4X  WorkerType = "G.4X"  // 16 vCPU, 64 GB
	G8X  WorkerType = "G.8X"  // 32 vCPU, 128 GB
	G12X WorkerType = "G.12X" // 48 vCPU, 192 GB
	G16X WorkerType = "G.16X" // 64 vCPU, 256 GB
	R1X  WorkerType = "R.1X"  // 4 vCPU, 32 GB
	R2X  WorkerType = "R.2X"  // 8 vCPU, 64 GB
	R4X  WorkerType = "R.4X"  // 16 vCPU, 128 GB
	R8X  WorkerType = "R.8X"  // 32 vCPU, 256 GB
)

var workerTypes = []WorkerType{G1X, G2X, G4X, G8X, G12X, G16X, R1X, R2X, R4X, R8X}

// Bookmark says whether a Spark job remembers what it has read.
type Bookmark string

const (
	BookmarkDisabled Bookmark = "job-bookmark-disable" // reads everything each time
	BookmarkEnabled  Bookmark = "job-bookmark-enable"  // reads what is new and moves on
	BookmarkPaused   Bookmark = "job-bookmark-pause"   // reads what is new and does not move on
)

var bookmarks = []Bookmark{BookmarkDisabled, BookmarkEnabled, BookmarkPaused}

// JobProps describes a [Job].
type JobProps struct {
	Name        string // 1 to 255 bytes, unique in the account, e.g. "j_curate"
	Description string // at most 2048 bytes
	Type        JobType
	Script      string // s3:// URL of the script, may hold tokens

	// PyFiles are s3:// URLs of modules that the script imports: .py files, for Spark also
	// .zip, for Python shell also .whl and .egg. They may hold tokens.
	PyFiles []string

	// Role is what the job runs as. If nil, one is made that can write the job's
	// logs, read its script and use TempDir, and reach no data; see [Job.Role]. A
	// role that is given is left as it is.
	Role awsiam.IRole

	// Arguments are the script's, and those of Glue that have no field here, e.g.
	// "enable-glue-datacatalog". Keys are without the leading "--"; values may
	// hold tokens, and no secrets, since Glue shows them.
	Arguments map[string]string
	TempDir   string // s3:// URL of a folder for what Glue and the script put aside; if empty, none

	WorkerType  WorkerType // of a Spark job; if empty, G.1X
	Workers     int        // of a Spark job, 2 or more; if zero, 2
	MaxCapacity float64    // of a Python shell job, in DPU: 0.0625 or 1; if zero, 0.0625

	Timeout           time.Duration // longest run, whole minutes up to seven days; if zero, one hour
	Retries           int           // runs after a failed one, 0 to 10
	MaxConcurrentRuns int           // runs under way at once; if zero, 1
	Bookmark          Bookmark      // of a Spark job; if empty, disabled
	Connections       []string      // names of Glue connections, e.g. to a VPC or a database
	GlueVersion       string        // of a Spark job; if empty, DefaultGlueVersion

	SecurityConfiguration *SecurityConfiguration // if nil, Glue's defaults, which do not encrypt logs
}

// Job is a script that Glue runs, on Spark or as one Python process. It is an
// [Action] of workflows and an awsiam.IGrantable: what is granted to it, its script may do.
//
// It stands on CfnJob, not on the L2 PySparkEtlJob and PythonShellJob. Those take the
// script as a bucket and key or an asset, not as a URL, so that the bucket would have
// to be in the app; their role can be taken by Glue on behalf of any account; they
// accept 3.5 retries, a timeout of 90 seconds and a Spark job with one worker; and
// they take several calls to Node for what is one here.
type Job struct {
	Construct constructs.Construct
	Name      string // as in the props

	identity *identity
}

// NewJob defines a job in scope. It panics with the error of [JobProps.Validate] if
// the props are not sound.
func NewJob(scope constructs.Construct, id string, props JobProps) *Job {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	identity := newIdentity(scope, id, props.Role, props.rights, props.resource)
	return &Job{Construct: identity.group, Name: props.Name, identity: identity}
}

// ActionName implements [Action].
func (j *Job) ActionName() string { return j.Name }

// Role is what the job runs as: the role in the props, or the one that was made.
// Of the latter the CDK knows the name only: grants and policies can be added to it,
// managed policies cannot.
func (j *Job) Role() awsiam.IRole { return j.identity.asRole() }

// GrantPrincipal implements awsiam.IGrantable.
func (j *Job) GrantPrincipal() awsiam.IPrincipal { return j.Role() }

func (j *Job) kind() kind { return job }

func (j *Job) runsAs() *identity { return j.identity }

func (j *Job) construct() constructs.Construct { return j.Construct }

func (p JobProps) resource(role *string) batch.Resource {
	props := &awsglue.CfnJobProps{
		Name:              &p.Name,
		Description:       optional(p.Description),
		Role:              role,
		Command:           p.command(),
		DefaultArguments:  argumentMap(p.arguments()),
		Timeout:           minutesOf(cmp.Or(p.Timeout, time.Hour)),
		MaxRetries:        jsii.Number(p.Retries),
		ExecutionProperty: &awsglue.CfnJob_ExecutionPropertyProperty{MaxConcurrentRuns: jsii.Number(cmp.Or(p.MaxConcurrentRuns, 1))},
	}
	if p.Type == PythonShell {
		props.GlueVersion = jsii.String(pythonShellVersion)
		props.MaxCapacity = jsii.Number(cmp.Or(p.MaxCapacity, 0.0625))
	} else {
		props.GlueVersion = jsii.String(cmp.Or(p.GlueVersion, DefaultGlueVersion))
		props.WorkerType = jsii.String(string(cmp.Or(p.WorkerType, G1X)))
		props.NumberOfWorkers = jsii.Number(cmp.Or(p.Workers, 2))
	}
	if len(p.Connections) > 0 {
		props.Connections = &awsglue.CfnJob_ConnectionsListProperty{Connections: jsii.Strings(p.Connections...)}
	}
	if p.SecurityConfiguration != nil {
		props.SecurityConfiguration = p.SecurityConfiguration.ref
	}
	return batch.Resource{Type: "aws-cdk-lib.aws_glue.CfnJob", ID: "Resource", Props: props}
}

func (p JobProps) command() *awsglue.CfnJob_JobCommandProperty {
	python := "3"
	if p.Type == PythonShell {
		python = "3.9"
	}
	return &awsglue.CfnJob_JobCommandProperty{
		Name:           jsii.String(p.Type.command()),
		PythonVersion:  &python,
		ScriptLocation: &p.Script,
	}
}

// arguments are the user's and those that the construct sets.
func (p JobProps) arguments() map[string]string {
	all := maps.Clone(p.Arguments)
	if all == nil {
		all = map[string]string{}
	}
	if p.TempDir != "" {
		all["TempDir"] = p.TempDir
	}
	if len(p.PyFiles) > 0 {
		all["extra-py-files"] = strings.Join(p.PyFiles, ",")
	}
	if p.Type == Spark {
		all["job-bookmark-option"] = string(cmp.Or(p.Bookmark, BookmarkDisabled))
	}
	return all
}

// rights are those of a role that is made for the job.
func (p JobProps) rights() []policy.Statement {
	family := sparkLogs
	if p.Type == PythonShell {
		family = shellLogs
	}
	rights := family.rights(p.SecurityConfiguration)
	var code []string
	for _, url := range append([]string{p.Script}, p.PyFiles...) {
		bucket, key, _ := splitS3(url)
		code = append(code, policy.Here().S3(bucket+"/"+key))
	}
	rights = append(rights, policy.Statement{Actions: []string{"s3:GetObject"}, Resources: code})
	if p.TempDir != "" {
		rights = append(rights, folderRights(p.TempDir, "s3:GetObject", "s3:PutObject", "s3:DeleteObject")...)
	}
	if p.SecurityConfiguration != nil {
		rights = append(rights, p.SecurityConfiguration.use())
	}
	return append(rights, network(p.Connections)...)
}

// folderRights are actions on the objects under an s3:// URL, and the listing of them.
func folderRights(url string, actions ...string) []policy.Statement {
	bucket, prefix, _ := splitS3(url)
	const reason = "the names of the objects in the folder are not known before they are there"
	return policy.Here().Folder(bucket, strings.TrimSuffix(prefix, "/"), reason, actions...)
}

// Validate reports every fault in the props as a [check.Fault]. It touches nothing but
// the props, so it may be called without a CDK app.
func (p JobProps) Validate() error {
	faults := check.Of("glue.JobProps")
	faults.Want(isName(p.Name), "Name", p.Name, wantName)
	faults.Want(isDescription(p.Description), "Description", p.Description, wantDescription)
	faults.Want(isS3(p.Script, true), "Script", p.Script, "the s3:// URL of an object")
	for i, url := range p.PyFiles {
		faults.Want(isS3(url, true) && !strings.Contains(url, ","), fmt.Sprintf("PyFiles[%d]", i), url, "the s3:// URL of an object, without a comma")
	}
	faults.Want(p.TempDir == "" || isS3(p.TempDir, false), "TempDir", p.TempDir, "the s3:// URL of a folder, or nothing")
	faults.Want(isTimeout(p.Timeout), "Timeout", p.Timeout, wantMinutes)
	faults.Want(p.Retries >= 0 && p.Retries <= 10, "Retries", p.Retries, "0 to 10")
	faults.Want(p.MaxConcurrentRuns >= 0, "MaxConcurrentRuns", p.MaxConcurrentRuns, "1 or more, or 0 for 1")
	wantArguments(faults, "Arguments", p.Arguments)
	for _, key := range sorted(p.Arguments) {
		field, own := ownArguments[key]
		faults.Want(!own, "Arguments", key, "no argument that the job sets itself; "+field)
	}
	for i, name := range p.Connections {
		faults.Want(isReference(name) && !slices.Contains(p.Connections[:i], name), fmt.Sprintf("Connections[%d]", i), name, "the name of a connection, each once")
	}
	switch p.Type {
	case Spark:
		p.checkSpark(faults)
	case PythonShell:
		p.checkPythonShell(faults)
	default:
		faults.Want(false, "Type", int(p.Type), "glue.Spark or glue.PythonShell")
	}
	return faults.Err()
}

func (p JobProps) checkSpark(faults *check.Faults) {
	worker, version, bookmark := cmp.Or(p.WorkerType, G1X), cmp.Or(p.GlueVersion, DefaultGlueVersion), cmp.Or(p.Bookmark, BookmarkDisabled)
	faults.Want(slices.Contains(workerTypes, worker), "WorkerType", string(worker), check.OneOf(workerTypes))
	faults.Want(p.Workers == 0 || p.Workers >= 2, "Workers", p.Workers, "2 or more, or 0 for 2")
	faults.Want(p.MaxCapacity == 0, "MaxCapacity", p.MaxCapacity, "nothing; a Spark job has WorkerType and Workers")
	faults.Want(slices.Contains(glueVersions, version), "GlueVersion", version, check.OneOf(glueVersions))
	faults.Want(slices.Contains(bookmarks, bookmark), "Bookmark", string(bookmark), check.OneOf(bookmarks))
}

func (p JobProps) checkPythonShell(faults *check.Faults) {
	faults.Want(p.WorkerType == "", "WorkerType", string(p.WorkerType), "nothing; a Python shell job has MaxCapacity")
	faults.Want(p.Workers == 0, "Workers", p.Workers, "nothing; a Python shell job has MaxCapacity")
	faults.Want(p.MaxCapacity == 0 || p.MaxCapacity == 0.0625 || p.MaxCapacity == 1, "MaxCapacity", p.MaxCapacity, "0.0625 or 1 DPU, or 0 for 0.0625")
	faults.Want(p.GlueVersion == "", "GlueVersion", p.GlueVersion, "nothing; a Python shell job runs Python 3.9")
	faults.Want(p.Bookmark == "", "Bookmark", string(p.Bookmark), "nothing; a Python shell job has no bookmarks")
}

var argumentKey = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// maxArguments is the most that the arguments of a run may take, in bytes:
// https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html.
const maxArguments = 260 * 1024

// wantArguments records what is wrong with arguments.
func wantArguments(faults *check.Faults, field string, arguments map[string]string) {
	size := 0
	for key, value := range arguments {
		size += len("--") + len(key) + len(value)
	}
	faults.Want(size <= maxArguments, field, fmt.Sprintf("%d bytes", size), fmt.Sprintf("at most %d bytes", maxArguments))
	for _, key := range sorted(arguments) {
		faults.Want(argumentKey.MatchString(key), field, key, `keys of letters, digits, ".", "_" and "-", without the leading "--"`)
		faults.Want(!slices.Contains(glueArguments, key), field, key, "no argument that Glue sets itself")
	}
}

// glueArguments are what Glue gives to a run itself, or keeps for its own use:
// https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html.
var glueArguments = []string{"JOB_NAME", "JOB_ID", "JOB_RUN_ID", "WORKFLOW_NAME", "WORKFLOW_RUN_ID", "SECURITY_CONFIGURATION", "debug", "mode", "endpoint"}

// ownArguments are the arguments that have a field in [JobProps], or are fixed.
var ownArguments = map[string]string{
	"TempDir":             "set TempDir",
	"extra-py-files":      "set PyFiles",
	"job-bookmark-option": "set Bookmark",
	"job-language":        "it is python",
	"class":               "it is Scala's",
	"scriptLocation":      "set Script",
}
