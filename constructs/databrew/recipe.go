package databrew

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/custom"
	"github.com/lakekeel/lakekeel/internal/policy"
)

//go:embed function/publish.py
var publishCode string

// RecipeProps describes a [Recipe].
type RecipeProps struct {
	Name        string // 1 to 255 letters, digits, hyphens, periods and spaces, unique in the account and region
	Description string // at most 1024 characters
	Columns     []string
	Steps       []Step // 1 to 100
}

// Recipe is the steps that a job does to a dataset. It is published whenever it changes.
type Recipe struct {
	Construct constructs.Construct
	Name      string
	Columns   []string // after all steps, new ones last

	reads     []string
	published awscdk.CfnResource
}

// NewRecipe defines a recipe in scope. It panics with the error of [RecipeProps.Validate] if the
// props are not sound.
func NewRecipe(scope constructs.Construct, id string, props RecipeProps) *Recipe {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	r := &Recipe{Construct: constructs.NewConstruct(scope, &id), Name: props.Name, Columns: props.Output(), reads: props.Columns}
	properties := map[string]any{"Name": props.Name, "Steps": props.steps()}
	if props.Description != "" {
		properties["Description"] = props.Description
	}
	made := resource(r.Construct, "Recipe", properties)
	publish := constructs.NewConstruct(r.Construct, jsii.String("Published"))
	r.published = custom.Resource(publish, "Custom::LakekeelRecipe", publishFunction(), map[string]any{
		"Recipe": props.Name, "Steps": policy.Text(props.steps()), // a change of the steps makes it publish again
	})
	r.published.Node().AddDependency(made)
	return r
}

func publishFunction() custom.Function {
	return custom.Function{
		ID: "LakekeelRecipe", Code: publishCode, Description: "Publishes recipes of DataBrew, for constructs/databrew",
		Rights: []policy.Statement{{
			Actions:   []string{"databrew:PublishRecipe", "databrew:ListRecipeVersions", "databrew:DeleteRecipeVersion"},
			Resources: []string{policy.Here().Arn("databrew", "recipe/*")},
			Wildcard:  "one function publishes all recipes of its stack, which are defined one after the other",
		}},
	}
}

// Output are the columns after all steps of a sound recipe.
func (p RecipeProps) Output() []string { return p.walk(check.Of("")).columns }

func (p RecipeProps) walk(faults *check.Faults) *chain {
	c := &chain{faults: faults, columns: slices.Clone(p.Columns)}
	for i, step := range p.Steps {
		c.field = fmt.Sprintf("Steps[%d]", i)
		if step == nil {
			faults.Want(false, c.field, "nothing", "a step")
			continue
		}
		step.do(c)
	}
	return c
}

func (p RecipeProps) steps() []any {
	var steps []any
	for _, step := range p.Steps {
		operation, parameters := step.action()
		action := map[string]any{"Operation": operation}
		if len(parameters) > 0 {
			action["Parameters"] = parameters
		}
		steps = append(steps, map[string]any{"Action": action})
	}
	return steps
}

// resourceName is what https://docs.aws.amazon.com/databrew/latest/dg/API_CreateRecipe.html allows; jobs may have 240 characters.
var resourceName = regexp.MustCompile(`^[A-Za-z0-9. -]{1,255}$`)

const wantName = "1 to 255 letters, digits, hyphens, periods and spaces"

// Validate reports every fault in the props as a [check.Fault].
func (p RecipeProps) Validate() error {
	faults := check.Of("databrew.RecipeProps")
	faults.Want(resourceName.MatchString(p.Name), "Name", p.Name, wantName)
	faults.Want(len(p.Description) <= 1024, "Description", len(p.Description), "at most 1024 characters")
	faults.Want(len(p.Columns) > 0, "Columns", len(p.Columns), "the columns of the dataset")
	for i, name := range p.Columns {
		faults.Want(name != "" && !slices.Contains(p.Columns[:i], name), fmt.Sprintf("Columns[%d]", i), name, "a name that no other column has")
	}
	// https://docs.aws.amazon.com/databrew/latest/dg/recipes.html
	faults.Want(len(p.Steps) > 0 && len(p.Steps) <= 100, "Steps", len(p.Steps), "1 to 100 steps")
	left := p.walk(faults).columns
	faults.Want(len(left) > 0 || len(p.Columns) == 0, "Steps", len(left), "at least one column left")
	return faults.Err()
}
