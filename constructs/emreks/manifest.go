package emreks

import "strings"

// A Manifest is a Kubernetes object as plain data, as it goes to the API server. Maps are
// used, not the types of k8s.io/api, which would add minutes to the first build of every
// app; a real API server checks each field in the tests, strictly.
type Manifest = map[string]any

// SystemNamespace holds what the platform itself runs on a cluster.
const SystemNamespace = "lakekeel-system"

// Names that every tenant's manifests refer to. They are of the whole cluster.
const (
	PriorityHigh = "lakekeel-high" // 100: drivers, and whatever must not wait
	PriorityLow  = "lakekeel-low"  // 50: executors, and pods that name no class
	placeholder  = "lakekeel-placeholder"

	emrClusterRole  = "lakekeel-emr"       // what EMR may do in a tenant's namespace
	teamClusterRole = "lakekeel-team"      // what a team may do in its namespace
	applierRole     = "lakekeel-applier"   // what the function Apply may do
	applierGroup    = "lakekeel:applier"   // the Kubernetes group of that function
	emrUser         = "emr-containers"     // the user that aws-auth gives to EMR's service-linked role
	tenantLabel     = "lakekeel.io/tenant" // on namespaces, nodes and pods: for selectors and for cost by team
	jobLabel        = "lakekeel.io/job"    // on pods
)

// object begins a manifest. Namespace is empty for what belongs to the whole cluster.
func object(apiVersion, kind, namespace, name string) Manifest {
	meta := map[string]any{"name": name, "labels": map[string]any{"app.kubernetes.io/managed-by": "lakekeel"}}
	if namespace != "" {
		meta["namespace"] = namespace
	}
	return Manifest{"apiVersion": apiVersion, "kind": kind, "metadata": meta}
}

// with adds further fields to a manifest.
func with(m Manifest, fields map[string]any) Manifest {
	for key, value := range fields {
		m[key] = value
	}
	return m
}

const rbac = "rbac.authorization.k8s.io"

func rule(groups, resources, verbs string, names ...string) map[string]any {
	list := func(words string) []any {
		var out []any
		for word := range strings.FieldsSeq(words) {
			out = append(out, strings.Trim(word, `"`))
		}
		return out
	}
	r := map[string]any{"apiGroups": list(groups), "resources": list(resources), "verbs": list(verbs)}
	if len(names) > 0 {
		only := make([]any, len(names))
		for i, name := range names {
			only[i] = name
		}
		r["resourceNames"] = only
	}
	return r
}

// core is the API group without a name.
const core = `""`

const (
	manage = "get list watch create patch update delete"
	own    = "get create patch delete"
)

// emrRole is what EMR on EKS needs in a namespace to run jobs there. The rules are those of
// https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/setting-up-cluster-access.html,
// in the API's verbs: that page also lists describe, edit, annotate and label, which
// are commands of kubectl and no verbs.
func emrRole() Manifest {
	return with(object(rbac+"/v1", "ClusterRole", "", emrClusterRole), map[string]any{"rules": []any{
		rule(core, "namespaces", "get"),
		rule(core, "serviceaccounts services configmaps events pods pods/log", manage+" deletecollection"),
		rule(core, "secrets", "create patch delete watch"),
		rule("apps", "statefulsets deployments", manage),
		rule("batch", "jobs", manage),
		rule("networking.k8s.io", "ingresses", manage),
		rule(rbac, "roles rolebindings", manage+" deletecollection"),
		rule(core, "persistentvolumeclaims", manage+" deletecollection"),
	}})
}

// teamRole lets the people of a team see what their jobs do, and what stops them. It
// has no secrets, and nothing that starts a pod past EMR.
func teamRole() Manifest {
	return with(object(rbac+"/v1", "ClusterRole", "", teamClusterRole), map[string]any{"rules": []any{
		rule(core, "namespaces pods pods/log services configmaps events resourcequotas limitranges persistentvolumeclaims", "get list watch"),
		rule("networking.k8s.io", "networkpolicies", "get list watch"),
		rule("batch", "jobs", "get list watch"),
		rule(core, "pods/portforward", "create"), // the Spark UI of a driver
	}})
}

// applier is what the function Apply may do: make the objects of tenants, and bind the
// two roles above. It cannot make or change a role, read a secret or start a pod.
func applier() []Manifest {
	role := with(object(rbac+"/v1", "ClusterRole", "", applierRole), map[string]any{"rules": []any{
		rule(core, "namespaces resourcequotas limitranges persistentvolumes persistentvolumeclaims", own),
		rule("networking.k8s.io", "networkpolicies", own),
		rule(rbac, "rolebindings", own),
		rule(rbac, "clusterroles", "bind", emrClusterRole, teamClusterRole),
		rule("storage.k8s.io", "storageclasses", own),
		rule("vpcresources.k8s.aws", "securitygrouppolicies", own),
		rule("secrets-store.csi.x-k8s.io", "secretproviderclasses", own),
		rule("karpenter.sh", "nodepools", own),
	}})
	binding := with(object(rbac+"/v1", "ClusterRoleBinding", "", applierRole), map[string]any{
		"roleRef":  map[string]any{"apiGroup": rbac, "kind": "ClusterRole", "name": applierRole},
		"subjects": []any{subject("Group", applierGroup)},
	})
	return []Manifest{role, binding}
}

// tenantKinds are what the function Apply can be asked for; see [applier].
var tenantKinds = []string{
	"v1/Namespace", "v1/ResourceQuota", "v1/LimitRange", "v1/PersistentVolume", "v1/PersistentVolumeClaim",
	"networking.k8s.io/v1/NetworkPolicy", rbac + "/v1/RoleBinding", "storage.k8s.io/v1/StorageClass",
	"vpcresources.k8s.aws/v1beta1/SecurityGroupPolicy", "secrets-store.csi.x-k8s.io/v1/SecretProviderClass",
	"karpenter.sh/v1/NodePool",
}

// platformKinds are what the function Bootstrap can be asked for.
var platformKinds = []string{
	rbac + "/v1/ClusterRole", rbac + "/v1/ClusterRoleBinding", "scheduling.k8s.io/v1/PriorityClass",
	"v1/Namespace", "v1/ResourceQuota", "networking.k8s.io/v1/NetworkPolicy", "apps/v1/Deployment",
}

func subject(kind, name string) map[string]any {
	return map[string]any{"apiGroup": rbac, "kind": kind, "name": name}
}

func binding(namespace, name, role string, subjects ...any) Manifest {
	return with(object(rbac+"/v1", "RoleBinding", namespace, name), map[string]any{
		"roleRef":  map[string]any{"apiGroup": rbac, "kind": "ClusterRole", "name": role},
		"subjects": subjects,
	})
}

// priorities are the classes: drivers over executors over placeholders. Both classes of
// work preempt what is below them, since otherwise nothing would ever displace a
// placeholder; placeholders displace nothing.
func priorities(isDefault bool) []Manifest {
	class := func(name string, value int, preemption, description string) Manifest {
		return with(object("scheduling.k8s.io/v1", "PriorityClass", "", name), map[string]any{
			"value": value, "preemptionPolicy": preemption, "description": description, "globalDefault": isDefault && name == PriorityLow,
		})
	}
	return []Manifest{
		class(PriorityHigh, 100, "PreemptLowerPriority", "drivers, and jobs that must not wait"),
		class(PriorityLow, 50, "PreemptLowerPriority", "executors, and pods that name no class"),
		class(placeholder, -10, "Never", "pods that keep room free for others"),
	}
}

// PauseImage is what placeholder pods run: nothing, in 300 KB.
const PauseImage = "public.ecr.aws/eks-distro/kubernetes/pause:3.10"

// Placeholders keep room free on a cluster: pods of negative priority that do nothing
// and give way at once to a job, upon which the autoscaler brings a node for them. Zero
// pods are none.
type Placeholders struct {
	Pods        int      // 0 to 100
	CPU, Memory Quantity // of each; if empty, 4 and 16Gi
	Image       string   // if empty, PauseImage; a cluster without a way out needs a copy of its own
}

func (p Placeholders) manifests() []Manifest {
	size := map[string]any{"cpu": string(p.CPU), "memory": string(p.Memory)}
	labels := map[string]any{"app.kubernetes.io/name": placeholder}
	return []Manifest{
		with(object("networking.k8s.io/v1", "NetworkPolicy", SystemNamespace, "closed"), map[string]any{
			"spec": map[string]any{"podSelector": map[string]any{}, "policyTypes": []any{"Ingress", "Egress"}},
		}),
		with(object("apps/v1", "Deployment", SystemNamespace, placeholder), map[string]any{"spec": map[string]any{
			"replicas": p.Pods,
			"selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels},
				"spec": map[string]any{
					"priorityClassName":             placeholder,
					"terminationGracePeriodSeconds": 0,
					"automountServiceAccountToken":  false,
					"securityContext":               map[string]any{"runAsNonRoot": true, "runAsUser": 65535, "seccompProfile": map[string]any{"type": "RuntimeDefault"}},
					"containers": []any{map[string]any{
						"name": "pause", "image": p.Image,
						"resources":       map[string]any{"requests": size, "limits": size},
						"securityContext": map[string]any{"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": map[string]any{"drop": []any{"ALL"}}},
					}},
				},
			},
		}}),
	}
}

// platform are the manifests of the whole cluster.
func platform(placeholders Placeholders, defaultPriority bool) []Manifest {
	namespace := object("v1", "Namespace", "", SystemNamespace)
	all := append([]Manifest{namespace, emrRole(), teamRole()}, applier()...)
	all = append(all, priorities(defaultPriority)...)
	if placeholders.Pods > 0 {
		all = append(all, placeholders.manifests()...)
	}
	return all
}

// ports are the TCP ports of a rule.
func ports(numbers ...int) []any {
	var list []any
	for _, n := range numbers {
		list = append(list, map[string]any{"protocol": "TCP", "port": n})
	}
	return list
}

func block(cidr string) map[string]any {
	return map[string]any{"ipBlock": map[string]any{"cidr": cidr}}
}
