package lake

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// maxStem leaves room for "-ACCOUNT-REGION": 12 digits, and the longest name of a region
// has 14 letters, e.g. ap-southeast-1.
const maxStem = 63 - len("-123456789012-ap-southeast-1")

const wantBucketName = `3 to %d of a-z, 0-9 and "-", first and last no "-", without what S3 reserves (xn--, sthree-, amzn-s3-demo-, -s3alias, --ol-s3, --x-s3, --table-s3)`

var (
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]+[a-z0-9]$`)

	// Dots are allowed by S3, but a name with one has no valid TLS certificate:
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, which
	// also lists what is reserved.
	reservedPrefixes = []string{"xn--", "sthree-", "amzn-s3-demo-"}
	reservedSuffixes = []string{"-s3alias", "--ol-s3", "--x-s3", "--table-s3"}
)

// isBucketName leaves a name that holds a token to CloudFormation.
func isBucketName(name string, longest int) bool {
	if isToken(name) {
		return true
	}
	return len(name) <= longest && bucketName.MatchString(name) &&
		!slices.ContainsFunc(reservedPrefixes, func(p string) bool { return strings.HasPrefix(name, p) }) &&
		!slices.ContainsFunc(reservedSuffixes, func(s string) bool { return strings.HasSuffix(name, s) })
}

// isToken looks at the text alone, so that Validate starts no Node.
func isToken(s string) bool { return strings.Contains(s, "${Token[") }

const wantFolder = `a folder in the bucket, e.g. "raw/orders/", without "/" before it or "//" in it`

func isFolder(prefix string) bool {
	return prefix != "" && strings.HasSuffix(prefix, "/") && isKey(strings.TrimSuffix(prefix, "/"))
}

// isKey refuses what S3 would take, but no file system and no console shows well.
func isKey(key string) bool {
	return key != "" && len(key) <= 1024 && !slices.ContainsFunc(strings.Split(key, "/"), func(part string) bool {
		return part == "" || part == "." || part == ".."
	})
}

// s3Arn is the ARN of a bucket's object in the partition of the stack.
func s3Arn(bucket, key string) string {
	return "arn:" + *awscdk.Aws_PARTITION() + ":s3:::" + bucket + "/" + key
}
