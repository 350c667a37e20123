package fsxlustre

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/internal/check"
)

// Manifest is a Kubernetes object as plain data.
type Manifest = map[string]any

// Deployment is how long a file system is meant to last, and how it is built:
// https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-fsx-lustre.html.
type Deployment string

const (
	Persistent2 Deployment = "PERSISTENT_2" // replaces failed servers; 125 to 1000 MB/s per TiB
	Persistent1 Deployment = "PERSISTENT_1" // replaces failed servers; 50 to 200 MB/s per TiB
	Scratch2    Deployment = "SCRATCH_2"    // does not; 200 MB/s per TiB; for what can be made again
)

var deployments = []Deployment{Persistent2, Persistent1, Scratch2}

// throughputs are what a deployment on SSD offers, in MB/s per TiB: PerUnitStorageThroughput in
// https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystemLustreConfiguration.html.
var throughputs = map[Deployment][]int{Persistent2: {125, 250, 500, 1000}, Persistent1: {50, 100, 200}, Scratch2: {}}

// defaultThroughput is that of a file system that names none.
var defaultThroughput = map[Deployment]int{Persistent2: 500, Persistent1: 200, Scratch2: 0}

// The steps of capacity on SSD, in GiB: StorageCapacity in
// https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystem.html.
const (
	smallest = 1200
	step     = 2400
)

// offered tells whether the service makes file systems of that many GiB.
func offered(gib int) bool { return gib == smallest || gib > 0 && gib%step == 0 }

// nearest is the capacity on offer that is nearest to gib; of two, the larger.
func nearest(gib int) int {
	if gib < (smallest+step)/2 {
		return smallest
	}
	return max(step, (gib+step/2)/step*step)
}

// RoundUp is the capacity in GiB that the CSI driver makes for a claim of gib: the next
// that the service offers.
func RoundUp(gib int) int {
	if gib <= smallest {
		return smallest
	}
	return (gib + step - 1) / step * step
}

func (d Deployment) check(faults *check.Faults, throughput int) {
	known := slices.Contains(deployments, d)
	faults.Want(known, "Deployment", string(d), `"PERSISTENT_2", "PERSISTENT_1" or "SCRATCH_2"`)
	if !known {
		return
	}
	if d == Scratch2 {
		faults.Want(throughput == 0, "Throughput", throughput, "nothing; SCRATCH_2 has 200 MB/s per TiB")
		return
	}
	ok := slices.Contains(throughputs[d], throughput)
	faults.Want(ok, "Throughput", throughput, fmt.Sprintf("%s MB/s per TiB, which %s offers; nearest is %d", list(throughputs[d]), d, closest(throughput, throughputs[d])))
}

func list(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

func closest(to int, of []int) int {
	return slices.MinFunc(of, func(a, b int) int { return max(a-to, to-a) - max(b-to, to-b) })
}

var (
	label  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	bucket = regexp.MustCompile(`^s3://[^/*\s]+(/[^*\s]*)?$`)
)

const wantLabel = `1 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit`

// hasToken tells whether s holds a value that is known at deployment only.
func hasToken(s string) bool { return strings.Contains(s, "${Token[") }

func isSubnet(s string) bool { return hasToken(s) || strings.HasPrefix(s, "subnet-") }

func isGroup(s string) bool { return hasToken(s) || strings.HasPrefix(s, "sg-") }

// driver is the CSI driver's name.
const driver = "fsx.csi.aws.com"

// object begins a manifest; namespace is empty for what belongs to the whole cluster.
func object(apiVersion, kind, namespace, name string, fields map[string]any) Manifest {
	meta := map[string]any{"name": name, "labels": map[string]any{"app.kubernetes.io/managed-by": "lakekeel"}}
	if namespace != "" {
		meta["namespace"] = namespace
	}
	fields["apiVersion"], fields["kind"], fields["metadata"] = apiVersion, kind, meta
	return fields
}

// claim asks for a volume that many pods write at once.
func claim(namespace, name, class, volume string, gib int) Manifest {
	spec := map[string]any{
		"accessModes": []any{"ReadWriteMany"}, "storageClassName": class,
		"resources": map[string]any{"requests": map[string]any{"storage": fmt.Sprintf("%dGi", gib)}},
	}
	if volume != "" {
		spec["volumeName"] = volume
	}
	return object("v1", "PersistentVolumeClaim", namespace, name, map[string]any{"spec": spec})
}
