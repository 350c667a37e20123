// Package systems lists the systems that the app can deploy.
package systems

import (
	"github.com/lakekeel/lakekeel/internal/system"
	"github.com/lakekeel/lakekeel/stacks/covid19"
	"github.com/lakekeel/lakekeel/stacks/fundperformance"
	"github.com/lakekeel/lakekeel/stacks/governance"
	"github.com/lakekeel/lakekeel/stacks/kdc"
	"github.com/lakekeel/lakekeel/stacks/lakehouse"
	"github.com/lakekeel/lakekeel/stacks/olympics"
)

// All are the systems that an environment can switch on, in the order in which
// their stacks are defined. A new system is one more line.
var All = []system.System{
	covid19.System(),
	fundperformance.System(),
	governance.System(),
	lakehouse.System(),
	kdc.System(),
	olympics.System(),
}
