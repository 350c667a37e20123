package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/smithy-go"
	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/internal/access"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/cloud"
)

// accessRequest is what the flags of lakekeel access say.
type accessRequest struct {
	folder, against, stage string
	format, file           string
	failIfWider            bool
}

var accessFormats = []string{"table", "csv", "html", "json"}

// deployed, as what to compare with, is what CloudFormation has.
const deployed = "deployed"

func (a *app) accessCommand() *cobra.Command {
	request := accessRequest{}
	c := &cobra.Command{
		Use:   "access [FOLDER]",
		Short: "Say who may see what, from the synthesized stacks alone",
		Long: `Reads the templates of a cloud assembly (default: cdk.out beside the nearest cdk.json) and
prints every grant of Lake Formation: principal, database, table, columns, rows, actions,
then the administrators, what bears which LF-tag, and the resource links.

With --against it prints what a change would newly allow (+), take away (-), and lose though
it stands in both (!). The other revision is an assembly's folder, or "deployed": the
templates that CloudFormation has at the local endpoint, or with --profile in the accounts
of the stacks, each read by the role that the CDK deploys it by.`,
		Example: `  lakekeel access                            the table
  lakekeel access --format html -o access.html
  lakekeel access --against ../before/cdk.out
  lakekeel access --against deployed --stage Prod --fail-if-wider`,
		Args: between(0, "FOLDER"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				request.folder = args[0]
			}
			return a.access(c.Context(), request)
		},
	}
	flags := c.Flags()
	flags.StringVar(&request.format, "format", "table", "one of "+strings.Join(accessFormats, ", "))
	flags.StringVarP(&request.file, "output", "o", "", "file to write (default: standard output)")
	flags.StringVar(&request.against, "against", "", `folder of the assembly to compare with, or "deployed"`)
	flags.StringVar(&request.stage, "stage", "", "only the stacks of this environment, whose names begin with it")
	flags.BoolVar(&request.failIfWider, "fail-if-wider", false, "with --against: fail if anybody may see or do more than before")
	c.RegisterFlagCompletionFunc("format", oneOf(accessFormats...))
	return c
}

func (r accessRequest) validate() error {
	if !slices.Contains(accessFormats, r.format) {
		return errUsage{fmt.Errorf("--format is %q; want one of %s", r.format, strings.Join(accessFormats, ", "))}
	}
	if r.failIfWider && r.against == "" {
		return errUsage{errors.New("--fail-if-wider is given; want --against beside it, to know what was before")}
	}
	if r.against != "" && r.format != "table" {
		return errUsage{fmt.Errorf("--format is %q; want none beside --against", r.format)}
	}
	return nil
}

func (a *app) access(ctx context.Context, request accessRequest) error {
	if err := request.validate(); err != nil {
		return err
	}
	if request.folder == "" {
		root, err := project()
		if err != nil {
			return err
		}
		request.folder = filepath.Join(root, "cdk.out")
	}
	stacks, err := request.load(request.folder)
	if err != nil {
		return err
	}
	out := a.out
	if request.file != "" {
		file, err := os.Create(request.file)
		if err != nil {
			return err
		}
		defer file.Close()
		out.Out, out.Color = file, false
	}
	if request.against == "" {
		return a.printAccess(out.Out, access.Of(stacks), request.format)
	}
	before, err := a.accessBefore(ctx, request, stacks)
	if err != nil {
		return err
	}
	difference := access.Compare(access.Of(before), access.Of(stacks))
	difference.Print(out.Out)
	if request.failIfWider && (difference.Wider() || len(difference.Lost) > 0) {
		return errReported
	}
	return nil
}

// load reads an assembly, and keeps the stacks of the stage.
func (r accessRequest) load(folder string) ([]access.Stack, error) {
	all, err := access.Load(folder)
	if err != nil || r.stage == "" {
		return all, err
	}
	stages := []string{}
	var chosen []access.Stack
	for _, stack := range all {
		stage, _, _ := strings.Cut(stack.Name, "-")
		stages = append(stages, stage)
		if strings.HasPrefix(stack.Name, r.stage+"-") {
			chosen = append(chosen, stack)
		}
	}
	if len(chosen) == 0 {
		want := check.Suggest("one of "+strings.Join(slices.Compact(slices.Sorted(slices.Values(stages))), ", "), r.stage, stages)
		return nil, fmt.Errorf("--stage is %q; want %s", r.stage, want)
	}
	return chosen, nil
}

func (a *app) printAccess(out io.Writer, list access.List, format string) error {
	switch format {
	case "csv":
		return access.Table(list.Rows).CSV(out)
	case "html":
		return list.HTML(out)
	case "json":
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(append([]access.Row{}, list.Rows...))
	}
	terminal := a.out
	terminal.Out = out
	access.Table(list.Rows).Text(terminal)
	_, err := fmt.Fprintln(out, "\n"+list.Summary())
	return err
}

// accessBefore is the other revision of the stacks.
func (a *app) accessBefore(ctx context.Context, request accessRequest, stacks []access.Stack) ([]access.Stack, error) {
	if request.against != deployed {
		return request.load(request.against)
	}
	home, err := a.cloud(ctx)
	if err != nil {
		return nil, err
	}
	var found []access.Stack
	for _, stack := range stacks {
		there, err := deployedTemplate(ctx, home, stack)
		if err != nil {
			return nil, fmt.Errorf("stack %s: %s", stack.Name, cloud.Explain(err))
		}
		if there == nil {
			continue // it is new
		}
		if stack.Template, err = access.Parse(there); err != nil {
			return nil, fmt.Errorf("stack %s: %w", stack.Name, err)
		}
		found = append(found, stack)
	}
	return found, nil
}

// deployedTemplate is the template that CloudFormation has of a stack, or nil.
func deployedTemplate(ctx context.Context, home *cloud.Cloud, stack access.Stack) ([]byte, error) {
	c := home
	switch {
	case home.Local() && stack.Account != "" && stack.Region != "":
		c = cloud.Local(home.URL, stack.Account, stack.Region)
	case !home.Local() && stack.Role != "":
		c = home.As(stack.Role, stack.Region)
	}
	answer, err := c.CloudFormation().GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: &stack.Name})
	var fault smithy.APIError
	if errors.As(err, &fault) && fault.ErrorCode() == "ValidationError" && strings.Contains(fault.ErrorMessage(), "does not exist") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []byte(*answer.TemplateBody), nil
}
