package olympics_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/stacks/olympics"
)

// The invented files that the project ships, and a topic that a group may ask.
func Example() {
	olympics.New(awscdk.NewApp(nil), "Olympics", olympics.Props{SampleData: true, Topic: true, Readers: []string{"fans"}})
}
