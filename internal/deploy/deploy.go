// Package deploy deploys a CDK app to the local endpoint with the real, pinned
// CDK command line, and says in a few lines how that went.
package deploy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/lakekeel/lakekeel/internal/assembly"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/cloud"
	"github.com/lakekeel/lakekeel/internal/home"
	"github.com/lakekeel/lakekeel/internal/report"
)

// DefaultStage is the stage that is deployed when none is named.
const DefaultStage = "Local"

// toolkit is the stack that cdk bootstrap makes.
const toolkit = "CDKToolkit"

// A Target is where and with what to deploy.
type Target struct {
	Cloud   *cloud.Cloud
	Home    home.Home
	Node    string // the path of node
	Project string // the folder of cdk.json; not needed for the CDK's own commands
}

// A Request is what to deploy.
type Request struct {
	Stage     string   // context value "stage"; if empty, none is given to the app
	Stacks    []string // their names; if empty, all of the stage
	Arguments []string // further ones for cdk deploy; --context among them is for the app
}

// context takes the values for the app out of the further arguments: the app
// runs when it is synthesized, not when what it wrote is deployed.
func (r Request) context() (forApp, forDeploy []string) {
	for i := 0; i < len(r.Arguments); i++ {
		argument := r.Arguments[i]
		switch {
		case (argument == "-c" || argument == "--context") && i+1 < len(r.Arguments):
			forApp = append(forApp, "--context", r.Arguments[i+1])
			i++
		case strings.HasPrefix(argument, "--context="):
			forApp = append(forApp, argument)
		default:
			forDeploy = append(forDeploy, argument)
		}
	}
	return forApp, forDeploy
}

// Of reads the names on a command line: nothing, one stage, or stacks, whose
// stage is what stands before their first hyphen.
func Of(names []string) Request {
	if len(names) == 0 {
		return Request{Stage: DefaultStage}
	}
	stage, _, _ := strings.Cut(names[0], "-")
	return Request{Stage: stage, Stacks: names}
}

// Command is the CDK command line in the project's folder, talking to the endpoint and to nothing else.
func (t Target) Command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, t.Node, append([]string{t.Home.CDK()}, args...)...)
	command.Dir = t.Project
	command.Env = t.environment()
	return command
}

// environment cuts the CDK off from the user's AWS settings. CDK_HOME is our
// own because the CDK remembers there which account belongs to an access key.
func (t Target) environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "AWS_") })
	env = append(env, t.Cloud.Environment()...)
	return append(env,
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"CDK_HOME="+t.Home.Path("cdk"), "CDK_DEFAULT_ACCOUNT="+t.Cloud.Account, "CDK_DEFAULT_REGION="+t.Cloud.Region,
		"CDK_DISABLE_VERSION_CHECK=1", "CDK_DISABLE_CLI_TELEMETRY=true", "NODE_NO_WARNINGS=1",
		"JSII_RUNTIME_PACKAGE_CACHE_ROOT="+t.Home.Jsii(),
		"JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION=1", "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION=1")
}

// Run bootstraps when needed, synthesizes once, and deploys.
func Run(ctx context.Context, t Target, request Request, terminal report.Terminal) error {
	if err := os.MkdirAll(t.Home.Path("log"), 0o755); err != nil {
		return fmt.Errorf("the home folder cannot be made: %w", err)
	}
	if err := os.MkdirAll(t.Home.Path("cdk"), 0o755); err != nil {
		return err
	}
	log, err := os.Create(t.Home.Log("deploy"))
	if err != nil {
		return err
	}
	defer log.Close()
	d := deployment{Target: t, log: log, progress: progress{report.NewProgress(terminal)}}
	err = d.run(ctx, request)
	d.progress.Finish()
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "lakekeel: interrupted; deploy again to go on (log: "+log.Name()+")")
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("%w (log: %s)", err, log.Name())
	}
	return nil
}

// Stack is one of the app's.
type Stack = assembly.Stack

type deployment struct {
	Target
	log      *os.File
	progress progress
}

func (d deployment) run(ctx context.Context, request Request) error {
	if err := d.bootstrap(ctx); err != nil {
		return err
	}
	context, arguments := request.context()
	if request.Stage != "" {
		context = append([]string{"--context", "stage=" + request.Stage}, context...)
	}
	request.Arguments = arguments
	folder, err := d.synth(ctx, context)
	if err != nil {
		return err
	}
	stacks, err := assembly.Stacks(folder)
	if missing := (*fs.PathError)(nil); errors.As(err, &missing) {
		return fmt.Errorf("the app wrote no cloud assembly: %w", err)
	}
	if err != nil {
		return err
	}
	chosen, err := choose(stacks, request)
	if err != nil {
		return err
	}
	for _, stack := range chosen {
		if err := d.guest(stack).bootstrap(ctx); err != nil {
			return err
		}
	}
	return d.deploy(ctx, folder, chosen, request)
}

// guest is the deployment as seen from a stack's own account and region, which may be
// others than those of the endpoint: it holds as many as are asked for.
func (d deployment) guest(stack Stack) deployment {
	if stack.Account != "" && stack.Region != "" {
		d.Cloud = cloud.Local(d.Cloud.URL, stack.Account, stack.Region)
	}
	return d
}

// bootstrap makes what every deployment stands on, once in an account and region.
func (d deployment) bootstrap(ctx context.Context) error {
	name := toolkit
	_, err := d.Cloud.CloudFormation().DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if err == nil {
		return nil
	}
	if cloud.Gone(err) {
		return fmt.Errorf("%s is gone; start it again with: lakekeel up", d.Cloud)
	}
	d.progress.start("bootstrap")
	environment := fmt.Sprintf("aws://%s/%s", d.Cloud.Account, d.Cloud.Region)
	command := d.Command(ctx, "bootstrap", environment, "--no-notices")
	command.Dir = d.Home.Path("cdk") // away from cdk.json: bootstrapping needs no app
	err = d.tell(command, func(string) {})
	d.progress.done("bootstrap", err == nil, "")
	return err
}

// synth writes the app's cloud assembly and returns its folder.
func (d deployment) synth(ctx context.Context, values []string) (string, error) {
	assembly := d.Home.Path("cdk", "cdk.out")
	if err := os.RemoveAll(assembly); err != nil {
		return "", err
	}
	args := append([]string{"synth", "--quiet", "--no-notices", "--output", assembly}, values...)
	d.progress.start("synthesize")
	err := d.tell(d.Command(ctx, args...), func(string) {})
	d.progress.done("synthesize", err == nil, "")
	return assembly, err
}

// deploy deploys the chosen stacks of an assembly that is there.
func (d deployment) deploy(ctx context.Context, assembly string, stacks []Stack, request Request) error {
	args := []string{"deploy", "--app", assembly, "--require-approval", "never", "--progress", "events", "--no-notices", "--ci"}
	var ids []string
	for _, stack := range stacks {
		ids = append(ids, stack.ID)
		d.progress.Add(stack.Name)
	}
	if len(request.Stacks) > 0 {
		args = append(args, "--exclusively")
	}
	began := time.Now().Add(-time.Second) // events bear whole seconds
	err := d.tell(d.Command(ctx, slices.Concat(args, request.Arguments, ids)...), func(line string) { d.progress.read(line) })
	if err == nil || ctx.Err() != nil {
		return err
	}
	// What the events say is nearer to the cause than what the CDK says about it.
	if faults := d.failures(ctx, stacks, began); faults != nil {
		return faults
	}
	return err
}

// tell runs the CDK, with all it prints in the log, and gives each line to read.
// The error is the CDK's own last word.
func (d deployment) tell(command *exec.Cmd, read func(string)) error {
	fmt.Fprintf(d.log, "$ cdk %s\n", strings.Join(command.Args[2:], " "))
	out, in := io.Pipe()
	command.Stdout = io.MultiWriter(d.log, in)
	command.Stderr = command.Stdout
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGTERM) }
	command.WaitDelay = 10 * time.Second
	var last words
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			last.read(lines.Text())
			read(lines.Text())
		}
		io.Copy(io.Discard, out) // a line beyond all measure
	}()
	err := command.Run()
	in.Close()
	<-reading
	if err != nil {
		return errors.New(last.of(err.Error()))
	}
	return nil
}

// choose returns the stacks of a request, in the order of the assembly.
func choose(stacks []Stack, request Request) ([]Stack, error) {
	if len(stacks) == 0 {
		return nil, errors.New("the app has no stack")
	}
	// A stage's name alone means all of its stacks.
	if len(request.Stacks) == 1 && request.Stacks[0] == request.Stage && !slices.ContainsFunc(stacks, named(request.Stage)) {
		request.Stacks = nil
	}
	if len(request.Stacks) == 0 {
		if top := slices.DeleteFunc(slices.Clone(stacks), func(s Stack) bool { return s.Nested }); len(top) > 0 {
			return top, nil
		}
		return stacks, nil
	}
	var chosen []Stack
	var faults []error
	for _, name := range request.Stacks {
		i := slices.IndexFunc(stacks, named(name))
		if i < 0 {
			faults = append(faults, unknown(name, stacks))
			continue
		}
		chosen = append(chosen, stacks[i])
	}
	return chosen, errors.Join(faults...)
}

func named(name string) func(Stack) bool {
	return func(s Stack) bool { return s.Name == name || s.ID == name }
}

func unknown(name string, stacks []Stack) error {
	var names []string
	for _, stack := range stacks {
		names = append(names, stack.Name)
	}
	if near, ok := check.Nearest(name, names); ok {
		return fmt.Errorf("the app has no stack %q; did you mean %s?", name, near)
	}
	return fmt.Errorf("the app has no stack %q; it has %s", name, strings.Join(names, ", "))
}
