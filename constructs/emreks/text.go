package emreks

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// tags are those of a resource, in the form of most Cfn types.
func tags(of map[string]string) *[]*awscdk.CfnTag {
	var list []*awscdk.CfnTag
	for _, key := range sorted(of) {
		list = append(list, &awscdk.CfnTag{Key: jsii.String(key), Value: jsii.String(of[key])})
	}
	return &list
}

// optional leaves out what is empty.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func itoa(n int) string { return strconv.Itoa(n) }
