package emreks

import (
	"cmp"
	"fmt"

	"github.com/lakekeel/lakekeel/internal/check"
)

// Quota is what all pods of one namespace may have together. What is empty has the
// default that stands beside it.
type Quota struct {
	RequestsCPU    Quantity // 1000
	RequestsMemory Quantity // 4000Gi
	LimitsCPU      Quantity // 2000
	LimitsMemory   Quantity // 6000Gi
	Pods           int      // if zero, as many as fit
}

func (q Quota) orDefaults() Quota {
	return Quota{cmp.Or(q.RequestsCPU, "1000"), cmp.Or(q.RequestsMemory, "4000Gi"), cmp.Or(q.LimitsCPU, "2000"), cmp.Or(q.LimitsMemory, "6000Gi"), q.Pods}
}

// Limits is what one container of a namespace may have, and what it gets if it asks for
// nothing. What is empty has the default that stands beside it.
type Limits struct {
	MaxCPU            Quantity // 6
	MinCPU            Quantity // 100m
	DefaultCPU        Quantity // 500m; the limit of a container that names none
	DefaultRequestCPU Quantity // 100m; the request of a container that names none

	MaxMemory            Quantity // 64Gi
	DefaultMemory        Quantity // 1Gi
	DefaultRequestMemory Quantity // 512Mi
}

func (l Limits) orDefaults() Limits {
	return Limits{
		cmp.Or(l.MaxCPU, "6"), cmp.Or(l.MinCPU, "100m"), cmp.Or(l.DefaultCPU, "500m"), cmp.Or(l.DefaultRequestCPU, "100m"),
		cmp.Or(l.MaxMemory, "64Gi"), cmp.Or(l.DefaultMemory, "1Gi"), cmp.Or(l.DefaultRequestMemory, "512Mi"),
	}
}

func (q Quota) check(faults *check.Faults) {
	q = q.orDefaults()
	wantQuantities(faults, map[string]Quantity{
		"Quota.RequestsCPU": q.RequestsCPU, "Quota.RequestsMemory": q.RequestsMemory,
		"Quota.LimitsCPU": q.LimitsCPU, "Quota.LimitsMemory": q.LimitsMemory,
	})
	notMore(faults, "Quota.RequestsCPU", q.RequestsCPU, "Quota.LimitsCPU", q.LimitsCPU)
	notMore(faults, "Quota.RequestsMemory", q.RequestsMemory, "Quota.LimitsMemory", q.LimitsMemory)
	faults.Want(q.Pods >= 0, "Quota.Pods", q.Pods, "1 or more, or 0 for as many as fit")
}

func (l Limits) check(faults *check.Faults) {
	l = l.orDefaults()
	wantQuantities(faults, map[string]Quantity{
		"Limits.MaxCPU": l.MaxCPU, "Limits.MinCPU": l.MinCPU, "Limits.DefaultCPU": l.DefaultCPU, "Limits.DefaultRequestCPU": l.DefaultRequestCPU,
		"Limits.MaxMemory": l.MaxMemory, "Limits.DefaultMemory": l.DefaultMemory, "Limits.DefaultRequestMemory": l.DefaultRequestMemory,
	})
	notMore(faults, "Limits.MinCPU", l.MinCPU, "Limits.DefaultRequestCPU", l.DefaultRequestCPU)
	notMore(faults, "Limits.DefaultRequestCPU", l.DefaultRequestCPU, "Limits.DefaultCPU", l.DefaultCPU)
	notMore(faults, "Limits.DefaultCPU", l.DefaultCPU, "Limits.MaxCPU", l.MaxCPU)
	notMore(faults, "Limits.DefaultRequestMemory", l.DefaultRequestMemory, "Limits.DefaultMemory", l.DefaultMemory)
	notMore(faults, "Limits.DefaultMemory", l.DefaultMemory, "Limits.MaxMemory", l.MaxMemory)
}

func wantQuantities(faults *check.Faults, of map[string]Quantity) {
	for _, field := range sorted(of) {
		faults.Want(of[field].valid(), field, string(of[field]), wantQuantity)
	}
}

// notMore records a fault if the smaller of two quantities is the larger.
func notMore(faults *check.Faults, field string, value Quantity, other string, most Quantity) {
	faults.Want(!value.exceeds(most), field, string(value), fmt.Sprintf("at most %s, which is %s", other, most))
}

func (q Quota) manifests(namespace string) []Manifest {
	hard := map[string]any{
		"requests.cpu": string(q.RequestsCPU), "requests.memory": string(q.RequestsMemory),
		"limits.cpu": string(q.LimitsCPU), "limits.memory": string(q.LimitsMemory),
		// A job has no business with a way in from outside.
		"services.loadbalancers": "0", "services.nodeports": "0",
	}
	if q.Pods > 0 {
		hard["pods"] = itoa(q.Pods)
	}
	// Kubernetes lets any namespace use the two classes of the system itself, which
	// preempt everything; a quota of none for them closes that.
	system := map[string]any{
		"hard": map[string]any{"pods": "0"},
		"scopeSelector": map[string]any{"matchExpressions": []any{map[string]any{
			"scopeName": "PriorityClass", "operator": "In", "values": []any{"system-cluster-critical", "system-node-critical"},
		}}},
	}
	return []Manifest{
		with(object("v1", "ResourceQuota", namespace, "tenant"), map[string]any{"spec": map[string]any{"hard": hard}}),
		with(object("v1", "ResourceQuota", namespace, "no-system-priority"), map[string]any{"spec": system}),
	}
}

func (l Limits) manifest(namespace string) Manifest {
	return with(object("v1", "LimitRange", namespace, "tenant"), map[string]any{"spec": map[string]any{"limits": []any{map[string]any{
		"type":           "Container",
		"max":            map[string]any{"cpu": string(l.MaxCPU), "memory": string(l.MaxMemory)},
		"min":            map[string]any{"cpu": string(l.MinCPU)},
		"default":        map[string]any{"cpu": string(l.DefaultCPU), "memory": string(l.DefaultMemory)},
		"defaultRequest": map[string]any{"cpu": string(l.DefaultRequestCPU), "memory": string(l.DefaultRequestMemory)},
	}}}})
}
