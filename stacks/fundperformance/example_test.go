package fundperformance_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/stacks/fundperformance"
)

// Trades and ratings that the project invents, joined every Monday, in a VPC that the stack makes.
func Example() {
	fundperformance.New(awscdk.NewApp(nil), "FundPerformance", fundperformance.Props{Schedule: "cron(0 6 ? * MON *)", SampleData: true})
}
