// Lakekeel-app is the CDK app: it reads the configuration file and writes the
// cloud assembly. The CDK CLI runs it, by cdk.json.
//
//	cdk synth                    the pipeline, with a stage for each environment
//	cdk synth -c stage=NAME      the stacks of that environment alone
//	cdk synth -c config=PATH     by another configuration file
package main

import (
	"fmt"
	"log"
	"runtime"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/apps/lakekeel-app/assembly"
	"github.com/lakekeel/lakekeel/apps/lakekeel-app/settings"
	"github.com/lakekeel/lakekeel/apps/lakekeel-app/systems"
	"github.com/lakekeel/lakekeel/internal/home"
	"github.com/lakekeel/lakekeel/internal/jsiienv"
)

// defaultConfig is the configuration file, relative to the project's root, where
// the CDK CLI runs the app.
const defaultConfig = "apps/lakekeel-app/lakekeel.yaml"

func main() {
	log.SetFlags(0)
	err := run()
	jsii.Close() // not deferred: log.Fatal would skip it
	if err != nil {
		log.Fatalf("lakekeel-app: %v", err)
	}
}

// run writes the cloud assembly. CDK reports misuse by panicking, and so do our
// constructors; here, and only here, such a panic becomes an error.
func run() (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case runtime.Error:
			panic(p) // a bug of ours: keep its stack trace
		case error:
			err = p
		default:
			err = fmt.Errorf("%s", withoutStack(fmt.Sprint(p)))
		}
	}()
	if err := prepareNode(); err != nil {
		return err
	}
	app := awscdk.NewApp(nil)
	s, err := settings.Load(context(app, "config", defaultConfig), systems.All)
	if err != nil {
		return err
	}
	if err := assembly.Define(app, s, context(app, "stage", "")); err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}

// prepareNode lets the CDK run in one Node process, and points jsii at the cache that
// set-up keeps warm, unless somebody pointed it elsewhere: a start without the cache's
// index takes four times as long.
func prepareNode() error {
	h, err := home.Find(".", "")
	if err != nil {
		return err
	}
	if err := jsiienv.Default(map[string]string{"JSII_RUNTIME_PACKAGE_CACHE_ROOT": h.Jsii()}); err != nil {
		return err
	}
	return jsiienv.OneNode(h.Jsii())
}

// context is a value of the command line (cdk -c key=value) or of cdk.json.
func context(app awscdk.App, key, otherwise string) string {
	if value, ok := app.Node().TryGetContext(&key).(string); ok && value != "" {
		return value
	}
	return otherwise
}

// withoutStack cuts the JavaScript stack trace off a message of the CDK.
func withoutStack(message string) string {
	text, _, _ := strings.Cut(message, "\n    at ")
	return text
}
