// Package partition knows AWS's partitions: the parts of AWS that share nothing, not even ARNs.
package partition

import "strings"

// partitions are AWS's, by how the names of their regions begin; see
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html.
var partitions = []struct{ prefix, name string }{
	{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"us-isob-", "aws-iso-b"}, {"us-isof-", "aws-iso-f"},
	{"eu-isoe-", "aws-iso-e"}, {"us-iso-", "aws-iso"}, {"eusc-", "aws-eusc"},
}

// Of is the partition that a region belongs to, e.g. "aws-cn".
func Of(region string) string {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p.name
		}
	}
	return "aws"
}
