package olympics

import (
	"fmt"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/internal/check"
)

// Props are the facts about an environment that the Olympics stack depends on.
type Props struct {
	// SampleData puts the invented files that the project ships into the bucket. Otherwise the published ones are put into
	// raw/<table>/ by hand.
	SampleData bool

	// Topic makes QuickSight's data source, five datasets and topic. The account must have subscribed to QuickSight with Q, and data
	// must be there: a dataset in SPICE of an empty folder fails.
	Topic   bool
	Readers []string // groups of QuickSight's default namespace that may ask

	// DestroyData is this environment's key of two to delete data with the stack. The system's own key is turned.
	DestroyData bool

	Env *awscdk.Environment // if nil, wherever the template is deployed
}

var group = regexp.MustCompile(`^[\w.+-]{1,256}$`)

// Validate reports every fault in the props as a [check.Fault]. It touches nothing but the props, so it may be called
// without a CDK app.
func (p Props) Validate() error {
	faults := check.Of("olympics.Props")
	faults.Want(p.Topic || len(p.Readers) == 0, "Readers", p.Readers, "nobody, since there is no Topic")
	for i, name := range p.Readers {
		faults.Want(group.MatchString(name), fmt.Sprintf("Readers[%d]", i), name, "the name of a group of QuickSight")
	}
	return faults.Err()
}
