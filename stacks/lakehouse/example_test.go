package lakehouse_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/constructs/emreks"
	"github.com/lakekeel/lakekeel/constructs/tableformat"
	"github.com/lakekeel/lakekeel/stacks/lakehouse"
)

// Two teams on one cluster: one with tables in two formats and a database beside the lake,
// one whose data nobody else on the nodes may read.
func Example() {
	lakehouse.New(awscdk.NewApp(nil), "Lakehouse", lakehouse.Props{Tenants: []lakehouse.Tenant{
		{
			Name:    "sales",
			Formats: []tableformat.Format{tableformat.Iceberg, tableformat.Delta},
			Egress:  []emreks.Egress{{CIDR: "10.20.0.0/24", Ports: []int{5432}}},
			Update:  "cron(0 2 * * ? *)",
		},
		{Name: "finance", Confidential: true, Sole: &emreks.NodeGroup{Max: 4}},
	}})
}
