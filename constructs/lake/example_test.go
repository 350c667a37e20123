package lake_test

import (
	"os"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/lake"
)

// A bucket with scripts, whose temporary files go after a week.
func Example() {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Orders"), nil)
	key := lake.NewKey(stack, "Key", lake.KeyProps{Description: "orders"})
	bucket := lake.NewBucket(stack, "Config", lake.BucketProps{
		Stem:      "orders-config",
		Key:       key.Key,
		Temporary: map[string]time.Duration{"temp/": 7 * 24 * time.Hour},
	})
	scripts := lake.NewScripts(stack, "Scripts", lake.ScriptsProps{
		Bucket: bucket,
		Folder: os.DirFS("etlScripts/orders"),
		Files:  []string{"curate_orders.py"},
	})
	_ = scripts.URL("curate_orders.py") // for glue.JobProps.Script
}
