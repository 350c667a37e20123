package cdktest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// SameInEveryPartition fails the test unless the stack that define makes for a place is
// the same in regions of three partitions, but for the region's name, and names none.
func SameInEveryPartition(t *testing.T, define func(env *awscdk.Environment) awscdk.Stack) {
	t.Helper()
	var first string
	for _, region := range []string{"eu-west-1", "cn-north-1", "us-gov-west-1"} {
		template := Synth(t, define(&awscdk.Environment{Account: jsii.String("123456789012"), Region: &region}))
		text, err := json.Marshal(template.Resources)
		if err != nil {
			t.Fatal(err)
		}
		if i := strings.Index(string(text), "arn:aws"); i >= 0 {
			t.Errorf("%s: an ARN names a partition: %.300s", region, text[max(i-100, 0):])
		}
		// The CDK itself writes the region of a known environment into what it makes.
		plain := strings.ReplaceAll(string(text), region, "<region>")
		if first == "" {
			first = plain
		} else if plain != first {
			t.Errorf("%s: the template differs in more than the region", region)
		}
	}
}
