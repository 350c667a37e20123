package emreks

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// Job is a Spark job of a tenant: a start-job-run request, ready to be made by a state
// machine, by a schedule or by hand. It is an awsiam.IGrantable: what is granted to it,
// its code may do. A job without a role of its own shares that of its namespace.
type Job struct {
	Construct constructs.Construct
	Name      string
	Role      awsiam.Role // what it runs as

	// Parameter is the name of the Systems Manager parameter with the request, for
	//   aws emr-containers start-job-run --cli-input-json "$(aws ssm get-parameter
	//     --name NAME --query Parameter.Value --output text)"
	Parameter string

	props     JobProps // with the defaults in place
	namespace *Namespace
	templates [2]string // s3:// URLs of the pod templates of driver and executors
}

// maxParameter is the longest value of a parameter of Systems Manager, in bytes, with room
// for what tokens in the request become.
const maxParameter = 8192 - 700

// NewJob defines a job in scope. It panics with the error of [JobProps.Validate] if the
// props are not sound.
func NewJob(scope constructs.Construct, id string, props JobProps) *Job {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	props = props.orDefaults()
	j := &Job{Construct: constructs.NewConstruct(scope, &id), Name: props.Name, props: props, namespace: props.Tenant.Namespace(props.Namespace)}
	j.Role = j.namespace.Role
	if props.As != nil {
		j.Role = props.As.Role
	}
	if props.Data != nil {
		rights := slices.Concat(props.Data.rights(), props.Rights, j.namespace.baseline())
		j.Role = j.namespace.newRole("Job-"+props.Name, j.namespace.RoleName+"."+props.Name, "Spark job "+props.Name+" in namespace "+props.Namespace, rights)
	}
	j.addTemplates()
	j.addParameter()
	return j
}

// name is empty for no job.
func (j *Job) name() string {
	if j == nil {
		return ""
	}
	return j.Name
}

// GrantPrincipal implements awsiam.IGrantable.
func (j *Job) GrantPrincipal() awsiam.IPrincipal { return j.Role }

// addTemplates brings the pod templates to where the job's submitter reads them, under
// names that follow from their content, and lets the job read them and its own files.
func (j *Job) addTemplates() {
	var arns []string
	for i, template := range []Manifest{j.props.DriverTemplate(), j.props.ExecutorTemplate()} {
		asset := newTemplate(j.Construct, []string{"Driver", "Executor"}[i], template)
		j.templates[i] = *asset.S3ObjectUrl()
		arns = append(arns, policy.Here().S3(*asset.S3BucketName()+"/"+*asset.S3ObjectKey()))
	}
	for _, url := range j.props.files() {
		arns = append(arns, policy.Here().S3(strings.TrimPrefix(url, "s3://")))
	}
	policy.Grant(j, policy.Statement{Actions: []string{"s3:GetObject"}, Resources: arns})
}

// newTemplate makes an asset of a pod template. The asset is copied when it is made, so
// the file need not stay.
func newTemplate(scope constructs.Construct, id string, template Manifest) awss3assets.Asset {
	dir, err := os.MkdirTemp("", "lakekeel-pod-")
	if err != nil {
		panic(fmt.Errorf("pod template: %w", err))
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "pod.json") // JSON is YAML too, which is what Spark reads
	if err := os.WriteFile(file, []byte(policy.Text(template)), 0o644); err != nil {
		panic(fmt.Errorf("pod template: %w", err))
	}
	return awss3assets.NewAsset(scope, &id, &awss3assets.AssetProps{Path: &file})
}

func (j *Job) addParameter() {
	j.Parameter = "/lakekeel/" + j.props.Tenant.props.Cluster.Name + "/" + j.props.Namespace + "/jobs/" + j.Name
	value := policy.Text(j.Request())
	if len(value) > maxParameter {
		panic(&check.Fault{Field: "emreks.JobProps.Arguments", Got: fmt.Sprintf("a request of %d bytes", len(value)), Want: fmt.Sprintf("at most %d, which fit into a parameter", maxParameter)})
	}
	awsssm.NewCfnParameter(j.Construct, jsii.String("Request"), &awsssm.CfnParameterProps{
		Name: &j.Parameter, Type: jsii.String("String"), Value: &value, Tier: jsii.String("Intelligent-Tiering"),
		Description: jsii.String("start-job-run request of job " + j.Name + " in namespace " + j.props.Namespace),
	})
}

// Request is the body of StartJobRun, as `aws emr-containers start-job-run
// --cli-input-json` takes it, but for the client token, which is each run's own.
func (j *Job) Request() map[string]any {
	conf := j.atDeployment()
	maps.Copy(conf, j.props.SparkConf())
	submit := map[string]any{"entryPoint": j.props.EntryPoint}
	if len(j.props.Arguments) > 0 {
		submit["entryPointArguments"] = j.props.Arguments
	}
	if j.props.Class != "" {
		submit["sparkSubmitParameters"] = "--class " + j.props.Class
	}
	monitoring := map[string]any{
		"persistentAppUI":                   "ENABLED",
		"cloudWatchMonitoringConfiguration": map[string]any{"logGroupName": j.namespace.LogGroup, "logStreamNamePrefix": j.Name},
	}
	if url := j.namespace.logs(); url != "" {
		monitoring["s3MonitoringConfiguration"] = map[string]any{"logUri": url}
	}
	request := map[string]any{
		"name":             j.Name,
		"virtualClusterId": *j.namespace.VirtualClusterID,
		"executionRoleArn": *j.Role.RoleArn(),
		"releaseLabel":     j.props.Release,
		"jobDriver":        map[string]any{"sparkSubmitJobDriver": submit},
		"configurationOverrides": map[string]any{
			"applicationConfiguration": []any{map[string]any{"classification": "spark-defaults", "properties": conf}},
			"monitoringConfiguration":  monitoring,
		},
		"tags": map[string]string{"lakekeel:tenant": j.props.Tenant.Name, "lakekeel:job": j.Name},
	}
	if j.props.Retries > 0 {
		request["retryPolicyConfiguration"] = map[string]any{"maxAttempts": j.props.Retries + 1}
	}
	return request
}

// settingsAtDeployment is how many there are.
const settingsAtDeployment = 3

// atDeployment are the settings that are known at deployment only; a job may name another
// region. Without one S3A, which EMR reads s3:// with from 7.10 on, asks us-east-1 first,
// and a VPC without a way out has no such place:
// https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/connecting.html.
func (j *Job) atDeployment() map[string]string {
	return map[string]string{
		"spark.kubernetes.driver.podTemplateFile":   j.templates[0],
		"spark.kubernetes.executor.podTemplateFile": j.templates[1],
		"spark.hadoop.fs.s3a.endpoint.region":       policy.Here().Region,
	}
}

// pascal is a request with the first letters of its members in capitals, as Step
// Functions and EventBridge Scheduler want them. The keys of properties and tags are data.
func pascal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			runes := []rune(key)
			runes[0] = unicode.ToUpper(runes[0])
			out[string(runes)] = pascal(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = pascal(value)
		}
		return out
	}
	return v // maps of strings are data
}

// Task is the job as a step of a state machine, which waits for its end. The state
// machine must be allowed to run it: [Job.GrantRun]. The service integration has no
// retry policy, so retries are those of the step.
func (j *Job) Task(scope constructs.Construct, id string) awsstepfunctions.CustomState {
	request := j.Request()
	delete(request, "retryPolicyConfiguration")
	state := map[string]any{
		"Type":       "Task",
		"Resource":   "arn:" + policy.Here().Partition + ":states:::emr-containers:startJobRun.sync",
		"Parameters": pascal(request),
	}
	if j.props.Retries > 0 {
		state["Retry"] = []any{map[string]any{"ErrorEquals": []string{"States.TaskFailed"}, "MaxAttempts": j.props.Retries, "IntervalSeconds": 30, "BackoffRate": 2}}
	}
	return awsstepfunctions.NewCustomState(scope, &id, &awsstepfunctions.CustomStateProps{StateJson: &state})
}

// GrantRun lets grantee start this job, as its role and no other, and see and stop runs of
// its virtual cluster.
func (j *Job) GrantRun(grantee awsiam.IGrantable) {
	j.grantStart(grantee)
	policy.Grant(grantee, j.onRuns("emr-containers:CancelJobRun", "emr-containers:DescribeJobRun"))
}

// grantStart binds the right to start to the job's role: whoever may start a run with any
// role of a namespace may do what the strongest of them may.
func (j *Job) grantStart(grantee awsiam.IGrantable) {
	policy.Grant(grantee, policy.Statement{
		Actions: []string{"emr-containers:StartJobRun"}, Resources: []string{j.virtualCluster()},
		Conditions: map[string]any{"StringEquals": map[string]any{"emr-containers:ExecutionRoleArn": *j.Role.RoleArn()}},
	})
	policy.Grant(grantee, j.onRuns("emr-containers:TagResource"))
}

func (j *Job) virtualCluster() string {
	return policy.Here().Arn("emr-containers", "/virtualclusters/"+*j.namespace.VirtualClusterID)
}

// onRuns allows actions on the runs of the job's virtual cluster.
func (j *Job) onRuns(actions ...string) policy.Statement {
	return policy.Statement{Actions: actions, Resources: []string{j.virtualCluster() + "/jobruns/*"}, Wildcard: "a run has its id when it is started"}
}

// ScheduleProps describes when a [Job] starts by itself.
type ScheduleProps struct {
	Expression string // of EventBridge Scheduler: cron(…) of six fields, rate(…) or at(…)
	TimeZone   string // of the IANA's names, e.g. "Europe/Berlin"; if empty, UTC
	Disabled   bool
}

var (
	expression = regexp.MustCompile(`^(cron\(\S+( \S+){5}\)|rate\([1-9][0-9]* (minutes?|hours?|days?)\)|at\([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\))$`)
	timeZone   = regexp.MustCompile(`^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$`)
)

// Validate reports every fault in the props as a [check.Fault].
func (p ScheduleProps) Validate() error {
	faults := check.Of("emreks.ScheduleProps")
	faults.Want(expression.MatchString(p.Expression), "Expression", p.Expression, "cron(…) of six fields, rate(…) or at(…)")
	faults.Want(p.TimeZone == "" || timeZone.MatchString(p.TimeZone), "TimeZone", p.TimeZone, `a zone such as "Europe/Berlin", or nothing`)
	return faults.Err()
}

// Schedule starts the job at times. Each time has a client token of its own, which a
// second attempt of the scheduler repeats, so that it starts no second run. It panics
// with the error of [ScheduleProps.Validate] if the props are not sound.
func (j *Job) Schedule(scope constructs.Construct, id string, props ScheduleProps) awsscheduler.CfnSchedule {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	scope = constructs.NewConstruct(scope, &id)
	h := policy.Here()
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		Description: jsii.String("Starts Spark job " + j.Name + " on a schedule"),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("scheduler.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": h.Account}},
		}),
	})
	j.grantStart(role)
	input := pascal(j.Request()).(map[string]any)
	input["ClientToken"] = "<aws.scheduler.execution-id>"
	schedule := awsscheduler.NewCfnSchedule(scope, jsii.String("Resource"), &awsscheduler.CfnScheduleProps{
		Description:                jsii.String("Starts Spark job " + j.Name + " in namespace " + j.props.Namespace),
		ScheduleExpression:         &props.Expression,
		ScheduleExpressionTimezone: optional(props.TimeZone),
		State:                      jsii.String(map[bool]string{true: "DISABLED", false: "ENABLED"}[props.Disabled]),
		FlexibleTimeWindow:         &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")},
		Target: &awsscheduler.CfnSchedule_TargetProperty{
			Arn:         jsii.String("arn:" + h.Partition + ":scheduler:::aws-sdk:emrcontainers:startJobRun"),
			RoleArn:     role.RoleArn(),
			Input:       jsii.String(policy.Text(input)),
			RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{MaximumRetryAttempts: jsii.Number(3), MaximumEventAgeInSeconds: jsii.Number(3600)},
		},
	})
	// A schedule may fire at once, and its role's policy is a resource of its own.
	schedule.Node().AddDependency(role.Node().FindChild(jsii.String("DefaultPolicy")))
	return schedule
}
