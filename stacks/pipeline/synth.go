package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"
	"github.com/aws/jsii-runtime-go"
)

// GoToolchain is the exact Go of the build. Whatever Go the image has fetches
// it from the module proxy, checked against the checksum database
// (https://go.dev/doc/toolchain), so no script is downloaded and run.
const GoToolchain = "go1.26.8"

// runtimeVersions are CodeBuild's names of the runtimes in the build image:
// https://docs.aws.amazon.com/codebuild/latest/userguide/available-runtimes.html.
// Go is only what fetches [GoToolchain]; Python and Java are those of Glue 5.
var runtimeVersions = map[string]string{
	"golang": "1.24",
	"nodejs": "22",
	"python": "3.11",
	"java":   "corretto17",
}

// cacheRoot holds what the build downloads and compiles, kept between builds.
// The rehearsal uses this machine's own caches in place of variables that point
// below it.
const cacheRoot = "/var/cache/lakekeel"

var cacheVariables = map[string]string{
	"GOMODCACHE":       cacheRoot + "/go-mod",
	"GOCACHE":          cacheRoot + "/go-build",
	"npm_config_cache": cacheRoot + "/npm",
	"PIP_CACHE_DIR":    cacheRoot + "/pip",
}

// runtimes is a build spec that installs the named runtimes.
func runtimes(names ...string) awscodebuild.BuildSpec {
	return awscodebuild.BuildSpec_FromObject(&map[string]any{
		"version": "0.2",
		"phases":  map[string]any{"install": map[string]any{"runtime-versions": chosen(names...)}},
	})
}

func chosen(names ...string) map[string]any {
	versions := map[string]any{}
	for _, name := range names {
		versions[name] = runtimeVersions[name]
	}
	return versions
}

// newSynth is the step that tests the source and makes the cloud assembly. The
// CDK's own template validator stays on here and nowhere else in the pipeline.
func (p *Pipeline) newSynth() pipelines.CodeBuildStep {
	variables := map[string]any{"GOTOOLCHAIN": GoToolchain}
	for name, folder := range cacheVariables {
		variables[name] = folder
	}
	return pipelines.NewCodeBuildStep(jsii.String("Synth"), &pipelines.CodeBuildStepProps{
		Input:                  p.source(),
		Commands:               jsii.Strings(p.props.build()...),
		PrimaryOutputDirectory: jsii.String("cdk.out"),
		Timeout:                awscdk.Duration_Hours(jsii.Number(1)),
		Cache:                  awscodebuild.Cache_Bucket(p.Artifacts, &awscodebuild.BucketCacheOptions{Prefix: jsii.String(cachePrefix)}),
		// Compiling the CDK's Go packages and a Spark session ask for more than
		// the small size's 3 GB.
		BuildEnvironment: &awscodebuild.BuildEnvironment{ComputeType: awscodebuild.ComputeType_MEDIUM},
		PartialBuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{
			"version": "0.2",
			"env":     map[string]any{"variables": variables},
			"phases":  map[string]any{"install": map[string]any{"runtime-versions": chosen("golang", "nodejs", "python", "java")}},
			"cache":   map[string]any{"paths": []string{cacheRoot + "/**/*"}},
		}),
	})
}
