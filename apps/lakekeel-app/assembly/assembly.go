// Package assembly turns the configuration into stacks: those of one
// environment, or the pipeline with a stage for each environment.
package assembly

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/apps/lakekeel-app/settings"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/system"
	"github.com/lakekeel/lakekeel/stacks/pipeline"
)

// Define defines in app the stacks of the environment named stage or, if stage
// is empty, the pipeline. The error says so if there is no such thing.
func Define(app awscdk.App, s *settings.Settings, stage string) error {
	if stage != "" {
		environment, ok := s.Environment(stage)
		if !ok {
			return &check.Fault{Field: "context stage", Got: stage, Want: nearest(stage, s.Names())}
		}
		define(system.Place{Scope: app}, environment)
		return nil
	}
	if !s.Pipeline.Defined {
		return &check.Fault{Field: "context stage", Got: stage, Want: "one of " + strings.Join(s.Names(), ", ") + ", for the configuration has no pipeline"}
	}
	pipeline.New(app, PipelineStack(s), Props(s))
	return nil
}

// PipelineStack is the name of the pipeline's stack.
func PipelineStack(s *settings.Settings) string {
	return cmp.Or(s.Pipeline.Name, pipeline.DefaultName) + "-Pipeline"
}

// Props is the pipeline that the configuration asks for.
func Props(s *settings.Settings) pipeline.Props {
	props := pipeline.Props{
		Name: s.Pipeline.Name, Account: s.Pipeline.Account, Region: s.Pipeline.Region,
		Source: s.Pipeline.Source, BuildImage: s.Pipeline.BuildImage,
	}
	for _, e := range s.Environments {
		if e.Delivered() {
			props.Stages = append(props.Stages, stage(e))
		}
	}
	return props
}

func stage(e *settings.Environment) pipeline.Stage {
	s := pipeline.Stage{
		Name: e.Name, Account: e.Account, Region: e.Region,
		Automatic: e.Release == settings.Automatic,
		Define: func(stage awscdk.Stage) []pipeline.Workflow {
			var workflows []pipeline.Workflow
			for _, w := range define(system.Place{Scope: stage, InStage: true}, e) {
				workflows = append(workflows, pipeline.Workflow{Name: w.Name, Actions: w.Actions})
			}
			return workflows
		},
	}
	if e.Promotion.From != "" {
		s.Promotion = &e.Promotion
	}
	return s
}

// define defines every system that the environment switches on, at place.
func define(place system.Place, e *settings.Environment) []system.Workflow {
	place.Environment, place.Account, place.Region, place.DestroyData = e.Name, e.Account, e.Region, e.DestroyData
	var workflows []system.Workflow
	for _, on := range e.On() {
		place.Workflows = workflows
		workflows = append(workflows, on.Settings.Define(place)...)
	}
	return workflows
}

// nearest says which names there are, and which of them was probably meant.
func nearest(got string, names []string) string {
	all := "one of " + strings.Join(names, ", ")
	if near, ok := check.Nearest(got, names); ok {
		return fmt.Sprintf("%q (%s)", near, all)
	}
	return all
}
