package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/lakekeel/lakekeel/apps/lakekeel-app/assembly"
	"github.com/lakekeel/lakekeel/apps/lakekeel-app/settings"
	"github.com/lakekeel/lakekeel/apps/lakekeel-app/systems"
	"github.com/lakekeel/lakekeel/internal/cdktest"
	"github.com/lakekeel/lakekeel/internal/rehearsal"
)

// appText is the shipped configuration, with changes as strings.NewReplacer takes them.
func appText(t testing.TB, changes ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(cdktest.Root(), "apps", "lakekeel-app", "lakekeel.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(changes...).Replace(string(text))
}

// appSynth synthesizes the app by a configuration for a stage, or the pipeline if
// stage is empty, and returns the folder of its assembly.
func appSynth(t testing.TB, text, stage string) string {
	t.Helper()
	s, err := settings.Read("lakekeel.yaml", []byte(text), systems.All)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &folder, Context: pipelineContext(t)})
	if err := assembly.Define(app, s, stage); err != nil {
		t.Fatal(err)
	}
	app.Synth(nil)
	return folder
}

// appTemplates are the templates below a folder, by the name of their stack.
func appTemplates(t testing.TB, folder string) map[string]string {
	t.Helper()
	templates := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".template.json") {
			return err
		}
		text, err := os.ReadFile(path)
		templates[strings.TrimSuffix(filepath.Base(path), ".template.json")] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

func TestAppWritesTheStacksOfOneEnvironment(t *testing.T) {
	for _, stage := range []string{"Local", "Dev", "Prod"} {
		t.Run(stage, func(t *testing.T) {
			templates := appTemplates(t, appSynth(t, appText(t), stage))
			if len(templates) != 1 || templates[stage+"-Covid19"] == "" {
				t.Errorf("the templates are of %v; want %s-Covid19 alone", appNames(templates), stage)
			}
		})
	}
}

func appNames(templates map[string]string) []string {
	var names []string
	for name := range templates {
		names = append(names, name)
	}
	return names
}

// TestAppDeploysTheSameWithAndWithoutPipeline: a stage that somebody deployed
// directly stays as it is when the pipeline deploys it.
func TestAppDeploysTheSameWithAndWithoutPipeline(t *testing.T) {
	direct := appTemplates(t, appSynth(t, appText(t), "Prod"))["Prod-Covid19"]
	for name, template := range appTemplates(t, appSynth(t, appText(t), "")) {
		if strings.HasPrefix(name, "LakekeelPipelineProdCovid19") {
			if diff := cmp.Diff(direct, template); diff != "" {
				t.Errorf("Prod-Covid19 differs (-direct +pipeline)\n%s", diff)
			}
			return
		}
	}
	t.Error("the pipeline has no stack Covid19 in stage Prod")
}

func TestAppWithoutStageWritesThePipeline(t *testing.T) {
	folder := appSynth(t, appText(t), "")
	templates := appTemplates(t, folder)
	if len(templates) != 5 || templates["Lakekeel-Pipeline"] == "" {
		t.Errorf("the templates are of %v; want Lakekeel-Pipeline, and Covid19 and SmokeRole of Dev and Prod", appNames(templates))
	}
	steps, err := rehearsal.Find(folder)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(steps.Commands, "; ") != "make pipeline-build" || steps.Output != "cdk.out" {
		t.Errorf("the build step is %+v", steps)
	}
	if got := strings.Join(steps.Places, " "); got != "GOCACHE GOMODCACHE PIP_CACHE_DIR npm_config_cache" {
		t.Errorf("variables that place caches are %s", got)
	}
}

func TestAppWritesTheSameBytesEachTime(t *testing.T) {
	for _, stage := range []string{"", "Local"} {
		a, b := appSynth(t, appText(t), stage), appSynth(t, appText(t), stage)
		if left, right := appFiles(t, a), appFiles(t, b); len(left) < 5 || !cmp.Equal(left, right) {
			t.Errorf("two assemblies of stage %q differ (-first +second)\n%s", stage, cmp.Diff(left, right))
		}
	}
}

// appFiles are all files below a folder as text, with the folder's own path taken out.
func appFiles(t testing.TB, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		relative, _ := filepath.Rel(folder, path)
		files[relative] = strings.ReplaceAll(string(text), folder, "<folder>")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestAppInEveryPartition(t *testing.T) {
	for partition, region := range map[string]string{"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"} {
		t.Run(partition, func(t *testing.T) {
			text := appText(t, "region: eu-west-1", "region: "+region, "arn:aws:codeconnections:eu-west-1", "arn:"+partition+":codeconnections:"+region)
			for _, stage := range []string{"", "Local"} {
				folder := appSynth(t, text, stage)
				if partition != "aws" { // where the connection's own ARN is no fault
					pipelineNoForeignARN(t, folder)
				}
				for name, template := range appTemplates(t, folder) {
					if strings.Contains(strings.ReplaceAll(template, "arn:aws:codeconnections", ""), "arn:aws:") {
						t.Errorf("%s has an ARN by hand", name)
					}
				}
			}
		})
	}
}
