package assembly_test

import (
	"testing"

	"github.com/lakekeel/lakekeel/apps/lakekeel-app/assembly"
	"github.com/lakekeel/lakekeel/apps/lakekeel-app/settings"
	"github.com/lakekeel/lakekeel/internal/check/checktest"
	"github.com/lakekeel/lakekeel/stacks/pipeline"
)

// environments is a configuration without pipeline.
func environments() *settings.Settings {
	return &settings.Settings{Environments: []*settings.Environment{
		{Name: "Local", Release: settings.Direct},
		{Name: "Dev", Release: settings.Automatic},
		{Name: "Prod", Release: settings.Approval},
	}}
}

func TestDefineNamesTheNearestStage(t *testing.T) {
	for stage, want := range map[string]string{
		"Locl":    `context stage is "Locl"; want "Local" (one of Local, Dev, Prod)`,
		"local":   `context stage is "local"; want "Local" (one of Local, Dev, Prod)`,
		"Staging": `context stage is "Staging"; want one of Local, Dev, Prod`,
		"":        `context stage is ""; want one of Local, Dev, Prod, for the configuration has no pipeline`,
	} {
		checktest.Message(t, assembly.Define(nil, environments(), stage), want) // told before the app is touched
	}
}

func TestPropsDeliverWhatIsNotDirect(t *testing.T) {
	s := environments()
	s.Pipeline = settings.Pipeline{Defined: true, Name: "Delivery", Account: "111111111111", Region: "eu-west-1"}
	props := assembly.Props(s)
	if len(props.Stages) != 2 || props.Stages[0].Name != "Dev" || !props.Stages[0].Automatic || props.Stages[1].Name != "Prod" || props.Stages[1].Automatic {
		t.Errorf("stages are %+v", props.Stages)
	}
	if got := assembly.PipelineStack(s); got != "Delivery-Pipeline" {
		t.Errorf("the stack is %s", got)
	}
	s.Pipeline.Name = ""
	if got := assembly.PipelineStack(s); got != pipeline.DefaultName+"-Pipeline" {
		t.Errorf("the stack is %s", got)
	}
}
