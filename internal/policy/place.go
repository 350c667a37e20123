package policy

import (
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// A Place is where a template will be deployed, as tokens: no construct writes a
// partition, region or account by hand.
type Place struct {
	Partition string // e.g. "aws", "aws-cn"
	Region    string // e.g. "eu-west-1"
	Account   string // twelve digits
	Suffix    string // of the services' host names, e.g. "amazonaws.com"
}

// Here reads the four pseudo parameters once in a process. They are the same tokens for
// every app, and each is a call to Node.
var Here = sync.OnceValue(func() Place {
	return Place{*awscdk.Aws_PARTITION(), *awscdk.Aws_REGION(), *awscdk.Aws_ACCOUNT_ID(), *awscdk.Aws_URL_SUFFIX()}
})

// Arn is the name of a resource in this account and region.
func (p Place) Arn(service, resource string) string {
	return "arn:" + p.Partition + ":" + service + ":" + p.Region + ":" + p.Account + ":" + resource
}

// Global is the name of a resource of this account that has no region, as IAM's have none.
func (p Place) Global(service, resource string) string {
	return "arn:" + p.Partition + ":" + service + "::" + p.Account + ":" + resource
}

// S3 is the ARN of bucket, bucket/key or bucket/prefix*.
func (p Place) S3(path string) string { return "arn:" + p.Partition + ":s3:::" + path }

// Managed is the ARN of one of AWS's own managed policies, e.g. "service-role/AmazonEMRServicePolicy_v2".
func (p Place) Managed(name string) string {
	return "arn:" + p.Partition + ":iam::aws:policy/" + name
}

// HasToken says whether s holds a value that only the deployment knows, so that it
// cannot be checked before.
func HasToken(s string) bool { return strings.Contains(s, "${Token[") }

var token = regexp.MustCompile(`\$\{Token\[[^\]]*\]\}`)

// openTokens makes a regular expression of s in which tokens match anything.
func openTokens(s string) string {
	var out strings.Builder
	last := 0
	for _, span := range token.FindAllStringIndex(s, -1) {
		out.WriteString(regexp.QuoteMeta(s[last:span[0]]) + ".+")
		last = span[1]
	}
	out.WriteString(regexp.QuoteMeta(s[last:]))
	return strings.ReplaceAll(out.String(), "/", `\/`)
}
