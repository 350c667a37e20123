package tableformat

import (
	"regexp"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/internal/check"
)

// Place is the partition, region and account of a job. Zero stands for where the
// template is deployed; a value lets [Props.Use] be called without a CDK app.
type Place struct {
	Partition string // e.g. "aws", "aws-cn"
	Region    string // e.g. "eu-west-1"
	Account   string // twelve digits
}

// here reads the three pseudo parameters once in a process: they are the same tokens
// for every app, and each is a call to Node.
var here = sync.OnceValue(func() Place {
	return Place{*awscdk.Aws_PARTITION(), *awscdk.Aws_REGION(), *awscdk.Aws_ACCOUNT_ID()}
})

func (p Place) orHere() Place {
	if p == (Place{}) {
		return here()
	}
	return p
}

func (p Place) arn(service, resource string) string {
	return "arn:" + p.Partition + ":" + service + ":" + p.Region + ":" + p.Account + ":" + resource
}

func (p Place) s3(path string) string { return "arn:" + p.Partition + ":s3:::" + path }

var (
	partitionName = regexp.MustCompile(`^aws(-[a-z]+)*$`)
	regionName    = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]$`)
	accountNumber = regexp.MustCompile(`^[0-9]{12}$`)
)

// Validate reports every fault in the place as a [check.Fault].
func (p Place) Validate() error {
	faults := check.Of("tableformat.Place")
	if p == (Place{}) {
		return nil
	}
	faults.Want(hasToken(p.Partition) || partitionName.MatchString(p.Partition), "Partition", p.Partition, `a partition such as "aws"`)
	faults.Want(hasToken(p.Region) || regionName.MatchString(p.Region), "Region", p.Region, `a region such as "eu-west-1"`)
	faults.Want(hasToken(p.Account) || accountNumber.MatchString(p.Account), "Account", p.Account, "twelve digits")
	return faults.Err()
}
