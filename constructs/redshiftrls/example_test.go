package redshiftrls_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/redshiftrls"
)

// Analysts see the orders of their region, by a lookup table that says which that is.
func Example() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Rows"), nil)
	redshiftrls.New(stack, "Orders", redshiftrls.Props{
		Cluster:  "analytics",
		Database: "dev",
		Policies: []redshiftrls.Policy{{
			Name:    "own_region",
			Columns: []redshiftrls.Column{{Name: "region", Type: "varchar(10)"}},
			Alias:   "o",
			Using:   "o.region IN (SELECT r.region FROM ref.regions r WHERE r.name = current_user)",
			Lookups: []string{"ref.regions"},
		}},
		Tables: []redshiftrls.Table{{
			Name:   "sales.orders",
			Attach: []redshiftrls.Attachment{{Policy: "own_region", To: []redshiftrls.Grantee{redshiftrls.Role("analyst")}}},
		}},
	})
}
