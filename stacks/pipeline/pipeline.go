package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Versions of the tools that the pipeline's own steps install from npm. The CDK
// CLI must be able to read what the library's version writes; it is the one that
// set-up installs on a laptop.
const (
	CDKVersion       = "2.1148.1"
	CDKAssetsVersion = "4.7.3"
)

// Pipeline is the delivery pipeline, in a stack of its own.
type Pipeline struct {
	Stack     awscdk.Stack
	Pipeline  awscodepipeline.Pipeline // for notifications and the like
	Artifacts awss3.Bucket             // what goes from step to step, and the build's cache
	Key       awskms.Key               // encrypts artifacts, cache and logs

	props    Props
	group    constructs.Construct
	logs     awslogs.LogGroup
	pipeline pipelines.CodePipeline
	synth    pipelines.CodeBuildStep
}

// New defines the pipeline's stack in scope. It panics with the error of
// [Props.Validate] if the props are not sound.
//
// Of the stages' stacks it knows nothing but their account, region and the
// workflows to run; see [Stage.Define].
func New(scope constructs.Construct, id string, props Props) *Pipeline {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	p := &Pipeline{props: props}
	p.Stack = awscdk.NewStack(scope, &id, &awscdk.StackProps{
		Env:         &awscdk.Environment{Account: &props.Account, Region: &props.Region},
		Description: jsii.String("Delivery pipeline " + props.name() + ": builds the app, updates itself, deploys every stage."),
	})
	// The one function of CDK Pipelines writes to the pipeline's own log group.
	p.Stack.Node().SetContext(jsii.String("@aws-cdk/aws-lambda:useCdkManagedLogGroup"), false)
	p.group = constructs.NewConstruct(p.Stack, jsii.String(Reserved))
	p.newKey()
	p.newLogs()
	p.newArtifacts()
	p.newPipeline()
	writeSmokeTest(p.Stack)
	for _, stage := range props.Stages {
		p.addStage(stage)
	}
	p.pipeline.BuildPipeline()
	p.Pipeline = p.pipeline.Pipeline()
	p.pinSecurityCheck()
	p.narrowPolicies()
	return p
}

// logGroup is the name of the group that all steps write to; a fixed name, so
// that the key can be bound to it.
func (p *Pipeline) logGroup() string { return "/aws/codebuild/" + p.props.name() + "-pipeline" }

func (p *Pipeline) newKey() {
	p.Key = awskms.NewKey(p.group, jsii.String("Key"), &awskms.KeyProps{
		Description:       jsii.String("Artifacts, build cache and logs of pipeline " + p.props.name()),
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN,
	})
	group := p.Stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("logs"), Resource: jsii.String("log-group"), ResourceName: jsii.String(p.logGroup()),
		ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
	// The principal's suffix differs between partitions, see
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html.
	p.Key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("logs."+p.props.Region+"."+*p.Stack.UrlSuffix()), nil)},
		Actions:    jsii.Strings("kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"),
		Resources:  jsii.Strings("*"),
		Conditions: &map[string]any{"ArnEquals": map[string]any{"kms:EncryptionContext:aws:logs:arn": group}},
	}), nil)
}

func (p *Pipeline) newLogs() {
	p.logs = awslogs.NewLogGroup(p.group, jsii.String("Logs"), &awslogs.LogGroupProps{
		LogGroupName:  jsii.String(p.logGroup()),
		EncryptionKey: p.Key,
		Retention:     awslogs.RetentionDays_THREE_MONTHS,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
}

// cachePrefix holds the build's cache in the bucket of artifacts. It is in S3
// and not on CodeBuild's host, because a host keeps its cache for minutes, and a
// pipeline that runs a few times a day would never find it.
const cachePrefix = "cache"

func (p *Pipeline) newArtifacts() {
	p.Artifacts = awss3.NewBucket(p.group, jsii.String("Artifacts"), &awss3.BucketProps{
		Encryption:        awss3.BucketEncryption_KMS,
		EncryptionKey:     p.Key,
		BucketKeyEnabled:  jsii.Bool(true),
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		EnforceSSL:        jsii.Bool(true),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN,
		// Everything here can be made again from the source.
		LifecycleRules: &[]*awss3.LifecycleRule{
			{Id: jsii.String("artifacts"), Expiration: awscdk.Duration_Days(jsii.Number(90))},
			{Id: jsii.String("unfinished"), AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1))},
		},
	})
}

func (p *Pipeline) newPipeline() {
	p.synth = p.newSynth()
	p.pipeline = pipelines.NewCodePipeline(p.group, jsii.String("Resource"), &pipelines.CodePipelineProps{
		PipelineName:        jsii.String(p.props.name()),
		PipelineType:        awscodepipeline.PipelineType_V2,
		Synth:               p.synth,
		SelfMutation:        jsii.Bool(true),
		ArtifactBucket:      p.Artifacts,
		CrossAccountKeys:    jsii.Bool(true), // for the buckets that CDK adds in other regions
		EnableKeyRotation:   jsii.Bool(true),
		CliVersion:          jsii.String(CDKVersion),
		CdkAssetsCliVersion: jsii.String(CDKAssetsVersion),
		// One project publishes all assets: they are small, and each project
		// would be provisioned anew.
		PublishAssetsInParallel: jsii.Bool(false),
		CodeBuildDefaults: &pipelines.CodeBuildOptions{
			BuildEnvironment: &awscodebuild.BuildEnvironment{BuildImage: awscodebuild.LinuxBuildImage_FromCodeBuildImageId(jsii.String(p.props.buildImage()))},
			PartialBuildSpec: runtimes("nodejs", "python"),
			Logging: &awscodebuild.LoggingOptions{CloudWatch: &awscodebuild.CloudWatchLoggingOptions{
				LogGroup: p.logs,
			}},
		},
	})
}

func (p *Pipeline) source() pipelines.CodePipelineSource {
	switch s := p.props.Source; {
	case s.Connection != Connection{}:
		return pipelines.CodePipelineSource_Connection(&s.Connection.Repository, &s.Connection.Branch,
			&pipelines.ConnectionSourceOptions{ConnectionArn: &s.Connection.ARN, ActionName: jsii.String("Source")})
	case s.CodeCommit != CodeCommit{}:
		repository := awscodecommit.Repository_FromRepositoryName(p.group, jsii.String("Source"), &s.CodeCommit.Repository)
		return pipelines.CodePipelineSource_CodeCommit(repository, &s.CodeCommit.Branch,
			&pipelines.CodeCommitSourceOptions{ActionName: jsii.String("Source")})
	default:
		bucket := awss3.Bucket_FromBucketName(p.group, jsii.String("Source"), &s.S3.Bucket)
		return pipelines.CodePipelineSource_S3(bucket, &s.S3.Key, &pipelines.S3SourceOptions{ActionName: jsii.String("Source")})
	}
}
