package emreks

import (
	"fmt"
	"path"
	"strings"

	"github.com/lakekeel/lakekeel/internal/check"
)

// The names of the containers that EMR looks for in a pod template:
// https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/pod-templates.html.
const (
	DriverContainer   = "spark-kubernetes-driver"
	ExecutorContainer = "spark-kubernetes-executors"
)

// hadoopUser and hadoopGroup are who a Spark process of EMR runs as.
const (
	hadoopUser  = 999
	hadoopGroup = 1000
)

// initImage is what makes a mounted directory the Spark user's: a shell and chown.
const initImage = "public.ecr.aws/amazonlinux/amazonlinux:2023"

// A Mount is a volume that the driver and the executors of a job share, by the claim of it in
// the job's namespace.
type Mount struct {
	Claim string // name of a PersistentVolumeClaim
	Path  string // where pods find it, e.g. "/data"

	// Scratch lets Spark spill and shuffle there, in place of the node's own disk.
	Scratch bool

	// Own makes the directory the Spark user's before the driver starts. Executors
	// start after the driver, so it is done once, by the driver's pod.
	Own bool
}

// taken are the directories of EMR's images that a mount would hide.
var taken = []string{"/", "/etc", "/usr", "/opt", "/bin", "/lib", "/tmp", "/var", "/mnt", "/mnt/secrets"}

func (m Mount) check(faults *check.Faults, field string) {
	faults.Want(label.MatchString(m.Claim), field+".Claim", m.Claim, wantLabel)
	clean := path.IsAbs(m.Path) && path.Clean(m.Path) == m.Path && !strings.Contains(m.Path, ":")
	for _, dir := range taken {
		clean = clean && m.Path != dir
	}
	faults.Want(clean, field+".Path", m.Path, `an absolute path that hides nothing of the image, e.g. "/data"`)
}

// DriverTemplate is the pod template of the job's driver. The driver is on a node that
// nobody takes away and of high priority, also in a job of low priority: what an executor
// loses is computed again, what a driver loses is the job.
func (p JobProps) DriverTemplate() Manifest {
	spec := p.podSpec(false, PriorityHigh)
	var own []any
	for i, m := range p.Mounts {
		if m.Own {
			own = append(own, map[string]any{
				"name": fmt.Sprintf("own-%d", i), "image": initImage,
				"command":         []any{"chown", fmt.Sprintf("%d:%d", hadoopUser, hadoopGroup), m.Path},
				"volumeMounts":    []any{map[string]any{"name": m.volume(i), "mountPath": m.Path}},
				"securityContext": map[string]any{"runAsUser": 0, "runAsGroup": 0},
			})
		}
	}
	if own != nil {
		spec["initContainers"] = own
	}
	return p.podTemplate(DriverContainer, spec)
}

// ExecutorTemplate is the pod template of the job's executors: on Spot and of low
// priority, unless the job says otherwise.
func (p JobProps) ExecutorTemplate() Manifest {
	priority := PriorityLow
	if p.HighPriority {
		priority = PriorityHigh
	}
	return p.podTemplate(ExecutorContainer, p.podSpec(!p.OnDemand, priority))
}

func (p JobProps) podTemplate(container string, spec map[string]any) Manifest {
	var mounts []any
	for i, m := range p.Mounts {
		mounts = append(mounts, map[string]any{"name": m.volume(i), "mountPath": m.Path})
	}
	if len(p.Tenant.props.Secrets) > 0 {
		mounts = append(mounts, map[string]any{"name": "secrets", "mountPath": "/mnt/secrets", "readOnly": true})
	}
	main := map[string]any{"name": container}
	if mounts != nil {
		main["volumeMounts"] = mounts
	}
	spec["containers"] = []any{main}
	return Manifest{"apiVersion": "v1", "kind": "Pod", "spec": spec}
}

// podSpec is what driver and executors have in common: where they run, and what they mount.
func (p JobProps) podSpec(spot bool, priority string) map[string]any {
	t := p.Tenant.props
	selector := map[string]any{}
	switch {
	case t.Sole != nil:
		selector[tenantLabel] = p.Tenant.Name
	case t.Cluster.pools:
		selector[poolLabel] = capacity(true, spot)
	default:
		selector[groupLabel] = capacity(false, spot)
	}
	if p.Zone != "" {
		selector["topology.kubernetes.io/zone"] = p.Zone
	}
	for key, value := range p.NodeSelector {
		selector[key] = value
	}
	spec := map[string]any{"priorityClassName": priority, "nodeSelector": selector}
	if t.Sole != nil {
		spec["tolerations"] = []any{map[string]any{"key": tenantLabel, "operator": "Equal", "value": p.Tenant.Name, "effect": "NoSchedule"}}
	}
	if volumes := p.volumes(); volumes != nil {
		spec["volumes"] = volumes
	}
	return spec
}

func (p JobProps) volumes() []any {
	var volumes []any
	for i, m := range p.Mounts {
		volumes = append(volumes, map[string]any{"name": m.volume(i), "persistentVolumeClaim": map[string]any{"claimName": m.Claim}})
	}
	if len(p.Tenant.props.Secrets) > 0 {
		volumes = append(volumes, map[string]any{"name": "secrets", "csi": map[string]any{
			"driver": "secrets-store.csi.k8s.io", "readOnly": true, "volumeAttributes": map[string]any{"secretProviderClass": "secrets"},
		}})
	}
	return volumes
}

// volume names a mount. Spark takes every volume whose name begins so as a local directory:
// https://spark.apache.org/docs/latest/running-on-kubernetes.html#local-storage.
func (m Mount) volume(i int) string {
	if m.Scratch {
		return fmt.Sprintf("spark-local-dir-%d", i+1)
	}
	return fmt.Sprintf("data-%d", i+1)
}
