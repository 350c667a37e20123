package cdktest

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// Nag fails the test for every finding of cdk-nag's AwsSolutions rules on the stack
// that no suppression answers. It synthesizes the app, so call it before [Synth].
func Nag(t testing.TB, stack awscdk.Stack) {
	t.Helper()
	awscdk.Aspects_Of(stack).Add(cdknag.NewAwsSolutionsChecks(nil), nil)
	found := assertions.Annotations_FromStack(stack)
	messages := *found.FindError(jsii.String("*"), assertions.Match_AnyValue())
	messages = append(messages, *found.FindWarning(jsii.String("*"), assertions.Match_AnyValue())...)
	for _, message := range messages {
		t.Errorf("%s: %v", *message.Id, message.Entry.Data)
	}
}
