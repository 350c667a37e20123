package glue

import (
	"time"

	"github.com/aws/jsii-runtime-go"
)

// What stands here turns plain Go values into what the CDK takes: nil for what is
// not set, so that the template does not hold empty properties.

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func optionalList(list []string) *[]*string {
	if len(list) == 0 {
		return nil
	}
	return jsii.Strings(list...)
}

// stringMap returns nil for an empty map, as the any that Cfn types take.
func stringMap(m map[string]string) any {
	if len(m) == 0 {
		return nil
	}
	return m
}

// argumentMap puts the dashes before the keys that Glue wants there.
func argumentMap(arguments map[string]string) any {
	if len(arguments) == 0 {
		return nil
	}
	dashed := make(map[string]string, len(arguments))
	for key, value := range arguments {
		dashed["--"+key] = value
	}
	return dashed
}

// minutesOf is nil for zero, which leaves the default in place.
func minutesOf(d time.Duration) *float64 {
	if d == 0 {
		return nil
	}
	return jsii.Number(d.Minutes())
}
