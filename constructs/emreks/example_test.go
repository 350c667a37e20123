package emreks_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/emreks"
)

// A cluster, one team with a database outside of it, and a job that runs at night.
func Example() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Lakehouse"), nil)
	cluster := emreks.NewCluster(stack, "Cluster", emreks.ClusterProps{Name: "lakehouse"})
	sales := emreks.NewTenant(stack, "Sales", emreks.TenantProps{
		Name:    "sales",
		Cluster: cluster,
		Data:    emreks.Data{Reads: []string{"s3://raw/orders"}, Writes: []string{"s3://lake/sales"}, WriteDatabases: []string{"sales"}},
		Egress:  []emreks.Egress{{CIDR: "10.20.0.0/24", Ports: []int{5432}}},
	})
	job := emreks.NewJob(stack, "Curate", emreks.JobProps{
		Name:       "curate",
		Tenant:     sales,
		EntryPoint: "s3://code/curate.py",
		Executors:  8,
		Data:       &emreks.Data{Reads: []string{"s3://raw/orders"}, Writes: []string{"s3://lake/sales/orders"}, WriteDatabases: []string{"sales"}},
	})
	job.Schedule(stack, "Nightly", emreks.ScheduleProps{Expression: "cron(0 3 * * ? *)", TimeZone: "Europe/Berlin"})
}
