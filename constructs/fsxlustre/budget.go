package fsxlustre

import (
	"cmp"
	"fmt"

	"github.com/lakekeel/lakekeel/internal/check"
)

// DefaultMountsPerNode is how many mounts of Lustre one node is given if nothing else is
// said. The driver mounts anew for each pod, and a node on which there are many fails with
// "File exists" (aws-fsx-csi-driver#180), which names no number: this one is ours, on the
// safe side; raise it after a test on your own nodes.
const DefaultMountsPerNode = 16

// A Load is the pods of one job, as far as mounts go.
type Load struct {
	Job    string
	Cores  int // of one executor
	Mounts int // of one executor
}

// BudgetProps says what nodes bear and what jobs ask of them.
type BudgetProps struct {
	NodeCores int // vCPU of the largest nodes on which the jobs run
	PerNode   int // mounts that a node bears; if zero, DefaultMountsPerNode
	Jobs      []Load
}

// Validate reports every fault in the props as a [check.Fault], and every job of which one
// node can hold so many pods that it cannot mount for them all.
func (p BudgetProps) Validate() error {
	faults := check.Of("fsxlustre.BudgetProps")
	faults.Want(p.NodeCores > 0, "NodeCores", p.NodeCores, "1 or more")
	faults.Want(p.PerNode >= 0, "PerNode", p.PerNode, fmt.Sprintf("1 or more, or 0 for %d", DefaultMountsPerNode))
	most := cmp.Or(p.PerNode, DefaultMountsPerNode)
	for i, job := range p.Jobs {
		field := fmt.Sprintf("Jobs[%d]", i)
		faults.Want(job.Cores > 0, field+".Cores", job.Cores, "1 or more")
		faults.Want(job.Mounts >= 0, field+".Mounts", job.Mounts, "0 or more")
		if job.Cores <= 0 {
			continue
		}
		pods := p.NodeCores / job.Cores
		faults.Want(pods*job.Mounts <= most, field+".Mounts", job.Mounts,
			fmt.Sprintf("fewer, or larger executors: a node of %d vCPU holds %d of job %q, which are %d mounts, and PerNode is %d (aws-fsx-csi-driver#180)", p.NodeCores, pods, job.Job, pods*job.Mounts, most))
	}
	return faults.Err()
}
