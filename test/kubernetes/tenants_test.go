package kubernetes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/emreks"
	"github.com/lakekeel/lakekeel/constructs/fsxlustre"
	"github.com/lakekeel/lakekeel/internal/cdktest"
	"github.com/lakekeel/lakekeel/stacks/lakehouse"
)

// sales and finance are two tenants; finance has a quota that can be used up.
func sales() emreks.TenantProps {
	return emreks.TenantProps{
		Name: "sales", Namespaces: []string{"sales", "sales-etl"},
		Egress:    []emreks.Egress{{CIDR: "10.20.0.0/24", Ports: []int{5432}}},
		Secrets:   []emreks.Secret{{Name: "warehouse", ARN: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:warehouse-AbCdEf"}},
		Databases: &emreks.Database{SecurityGroups: []string{"sg-0123456789abcdef0"}},
	}
}

func finance() emreks.TenantProps {
	return emreks.TenantProps{Name: "finance", Quota: emreks.Quota{RequestsCPU: "4", LimitsCPU: "6"}}
}

func TestTenantsOnARealApiServer(t *testing.T) {
	s := start(t)
	installKinds(t, s)
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Emr"), nil)
	cluster := emreks.NewCluster(stack, "Cluster", emreks.ClusterProps{Name: "lakehouse", Placeholders: emreks.Placeholders{Pods: 2}})
	var tenants []*emreks.Tenant
	for _, tenant := range []emreks.TenantProps{sales(), finance()} {
		tenant.Cluster = cluster
		tenants = append(tenants, emreks.NewTenant(stack, tenant.Name, tenant))
	}
	share(stack, cluster, tenants[0])
	template := cdktest.Synth(t, stack)
	d := newDeployer(t, s)
	resources := d.resources(template, template)

	t.Run("every manifest is accepted, strictly and without a warning", func(t *testing.T) {
		d.make(resources)
		for _, r := range resources {
			for _, o := range r.objects(t) {
				t.Logf("%s: %s %s", r.id, o["kind"], o["metadata"].(map[string]any)["name"])
			}
		}
	})
	if t.Failed() {
		return
	}
	for _, namespace := range []string{"sales", "sales-etl", "finance"} {
		eventually(t, "controllers are done with "+namespace, func() bool {
			account, _ := s.try("admin", "GET", "/api/v1/namespaces/"+namespace+"/serviceaccounts/default", nil)
			_, quota := s.try("admin", "GET", "/api/v1/namespaces/"+namespace+"/resourcequotas/tenant", nil)
			status, _ := quota["status"].(map[string]any)
			return account == http.StatusOK && status["hard"] != nil
		})
	}
	t.Run("limits", func(t *testing.T) { limits(t, s) })
	t.Run("quota", func(t *testing.T) { quota(t, s) })
	t.Run("priorities", func(t *testing.T) { priorities(t, s) })
	t.Run("rights", func(t *testing.T) { rights(t, s) })
	t.Run("jobs", func(t *testing.T) { jobs(t, s, tenants[0]) })
	t.Run("file systems", func(t *testing.T) { fileSystems(t, s) })
	t.Run("nothing leaves a namespace but by name", func(t *testing.T) { fences(t, s) })
	t.Run("ownership", func(t *testing.T) { ownership(t, s, d, resources) })
}

// share gives a tenant a file system of either kind.
func share(stack awscdk.Stack, cluster *emreks.Cluster, tenant *emreks.Tenant) {
	vpc := awsec2.Vpc_FromVpcAttributes(stack, jsii.String("Vpc"), &awsec2.VpcAttributes{VpcId: jsii.String("vpc-0123456789abcdef0"), AvailabilityZones: jsii.Strings("eu-west-1a")})
	static := fsxlustre.NewFileSystem(stack, "Files", fsxlustre.FileSystemProps{
		Name: "shared", Namespace: "sales", VPC: vpc, Subnet: "subnet-0123456789abcdef0", Clients: []string{"sg-0123456789abcdef0"},
		Repository: &fsxlustre.Repository{URL: "s3://lake/shared"},
	})
	dynamic := fsxlustre.NewDynamic(fsxlustre.DynamicProps{Subnet: "subnet-0123456789abcdef0", Groups: []string{"sg-0123456789abcdef0"}})
	manifests := append(static.Manifests(), dynamic.Manifests()...)
	manifests = append(manifests, dynamic.Claim(fsxlustre.ClaimProps{Name: "scratch", Namespace: "sales"})...)
	cluster.Apply(stack, "Volumes", manifests).Node().AddDependency(tenant.Construct)
}

// pod is one of a single container; size may be nil.
func pod(name string, size map[string]any, further ...func(spec map[string]any)) object {
	container := map[string]any{"name": "main", "image": "busybox"}
	if size != nil {
		container["resources"] = size
	}
	spec := map[string]any{"containers": []any{container}}
	for _, f := range further {
		f(spec)
	}
	return object{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": name}, "spec": spec}
}

func cpu(request, limit string) map[string]any {
	size := map[string]any{}
	if request != "" {
		size["requests"] = map[string]any{"cpu": request}
	}
	if limit != "" {
		size["limits"] = map[string]any{"cpu": limit}
	}
	return size
}

func pods(namespace string) string { return "/api/v1/namespaces/" + namespace + "/pods" }

func limits(t *testing.T, s *server) {
	s.refused(t, "emr-containers", pods("sales"), pod("seven", cpu("7", "7")), "maximum cpu usage per Container is 6, but limit is 7")
	s.refused(t, "emr-containers", pods("sales"), pod("small", cpu("50m", "500m")), "minimum cpu usage per Container is 100m, but request is 50m")
	// What a Spark executor asks for by spark.executor.cores alone: a request and no limit.
	s.refused(t, "emr-containers", pods("sales"), pod("no-limit", cpu("2", "")), "must be less than or equal to cpu limit of 500m")
	made := s.may(t, http.StatusCreated, "emr-containers", "POST", pods("sales"), pod("plain", nil))
	text, _ := json.Marshal(made["spec"])
	for _, part := range []string{`"limits":{"cpu":"500m","memory":"1Gi"}`, `"requests":{"cpu":"100m","memory":"512Mi"}`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("a pod that asks for nothing got %s; want %s", text, part)
		}
	}
	s.refused(t, "emr-containers", pods("sales"), pod("host", nil, func(spec map[string]any) { spec["hostNetwork"] = true }), `violates PodSecurity "baseline:latest"`)
}

func quota(t *testing.T, s *server) {
	s.may(t, http.StatusCreated, "emr-containers", "POST", pods("finance"), pod("first", cpu("3", "3")))
	eventually(t, "the quota has counted the first pod", func() bool {
		_, q := s.try("admin", "GET", "/api/v1/namespaces/finance/resourcequotas/tenant", nil)
		status, _ := q["status"].(map[string]any)
		used, _ := status["used"].(map[string]any)
		return used["requests.cpu"] == "3"
	})
	s.refused(t, "emr-containers", pods("finance"), pod("second", cpu("2", "2")), "exceeded quota: tenant, requested: requests.cpu=2, used: requests.cpu=3, limited: requests.cpu=4")
	s.refused(t, "admin", "/api/v1/namespaces/finance/services", object{
		"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{"name": "door"},
		"spec": map[string]any{"type": "LoadBalancer", "ports": []any{map[string]any{"port": 80}}},
	}, "exceeded quota: tenant, requested: services.loadbalancers=1")
	system := func(spec map[string]any) { spec["priorityClassName"] = "system-cluster-critical" }
	s.refused(t, "emr-containers", pods("sales"), pod("system", nil, system), "exceeded quota: no-system-priority")
}

func priorities(t *testing.T, s *server) {
	for _, c := range []struct {
		name, asked, class string
		value              float64
	}{
		{"asks-nothing", "", emreks.PriorityLow, 50},
		{"asks-high", emreks.PriorityHigh, emreks.PriorityHigh, 100},
	} {
		made := s.may(t, http.StatusCreated, "emr-containers", "POST", pods("sales"), pod(c.name, nil, func(spec map[string]any) {
			if c.asked != "" {
				spec["priorityClassName"] = c.asked
			}
		}))
		spec, _ := made["spec"].(map[string]any)
		if spec["priorityClassName"] != c.class || spec["priority"] != c.value || spec["preemptionPolicy"] != "PreemptLowerPriority" {
			t.Errorf("%s: class %v, priority %v, preemption %v; want %s, %v and PreemptLowerPriority", c.name, spec["priorityClassName"], spec["priority"], spec["preemptionPolicy"], c.class, c.value)
		}
	}
}

// jobs takes the pod templates of a job and makes pods of them as Spark does: an image, and
// the sizes of its settings.
func jobs(t *testing.T, s *server, tenant *emreks.Tenant) {
	job := emreks.JobProps{
		Name: "curate", Tenant: tenant, EntryPoint: "s3://code/curate.py", Zone: "eu-west-1a", Executor: emreks.Size{Cores: 6, Memory: "8Gi"},
		Mounts: []emreks.Mount{{Claim: "shared", Path: "/data", Own: true}, {Claim: "scratch", Path: "/scratch", Scratch: true}},
	}
	if err := job.Validate(); err != nil {
		t.Fatal(err)
	}
	conf := job.SparkConf()
	for _, c := range []struct {
		part, container, class string
		template               emreks.Manifest
		inits                  int
	}{
		{"driver", emreks.DriverContainer, emreks.PriorityHigh, job.DriverTemplate(), 1},
		{"executor", emreks.ExecutorContainer, emreks.PriorityLow, job.ExecutorTemplate(), 0},
	} {
		var made object
		text, _ := json.Marshal(c.template)
		decode(t, text, &made)
		labels := map[string]any{}
		for key, value := range conf {
			if label, ok := strings.CutPrefix(key, "spark.kubernetes."+c.part+".label."); ok {
				labels[label] = value
			}
		}
		made["metadata"] = map[string]any{"name": "curate-" + c.part, "labels": labels}
		spec := made["spec"].(map[string]any)
		main := spec["containers"].([]any)[0].(map[string]any)
		memory := conf["spark."+c.part+".memory"]
		main["image"] = "spark"
		main["resources"] = map[string]any{
			"requests": map[string]any{"cpu": conf["spark.kubernetes."+c.part+".request.cores"], "memory": strings.ToUpper(memory) + "i"},
			"limits":   map[string]any{"cpu": conf["spark.kubernetes."+c.part+".limit.cores"], "memory": strings.ToUpper(memory) + "i"},
		}
		found := s.may(t, http.StatusCreated, "emr-containers", "POST", pods("sales")+"?fieldValidation=Strict", made)
		kept, _ := found["spec"].(map[string]any)
		inits, _ := kept["initContainers"].([]any)
		if len(labels) != 2 || main["name"] != c.container || kept["priorityClassName"] != c.class || len(inits) != c.inits {
			t.Errorf("%s: labels %v, container %v, class %v, %d init containers; want two, %s, %s and %d", c.part, labels, main["name"], kept["priorityClassName"], len(inits), c.container, c.class, c.inits)
		}
		// The same pod with what Spark sets by itself, a request without a limit, is refused.
		made["metadata"].(map[string]any)["name"] = "curate-" + c.part + "-bare"
		delete(main["resources"].(map[string]any), "limits")
		s.refused(t, "emr-containers", pods("sales"), made, "must be less than or equal to cpu limit of 500m")
	}
}

// fileSystems: the claim of the static file system is bound to its volume, and to no other;
// that of the dynamic one waits for the driver, which is not here.
func fileSystems(t *testing.T, s *server) {
	const claims = "/api/v1/namespaces/sales/persistentvolumeclaims/"
	eventually(t, "the static claim is bound", func() bool {
		_, claim := s.try("admin", "GET", claims+"shared", nil)
		status, _ := claim["status"].(map[string]any)
		return status["phase"] == "Bound"
	})
	claim := s.may(t, http.StatusOK, "seller", "GET", claims+"scratch", nil)
	if status, _ := claim["status"].(map[string]any); status["phase"] != "Pending" {
		t.Errorf("the dynamic claim is %v; want Pending", status)
	}
	class := s.may(t, http.StatusOK, "admin", "GET", "/apis/storage.k8s.io/v1/storageclasses/fsx", nil)
	if class["provisioner"] != "fsx.csi.aws.com" || class["reclaimPolicy"] != "Retain" {
		t.Errorf("the class is %v", class)
	}
}

// rights are who may do what: each line is a call that is allowed, or not.
func rights(t *testing.T, s *server) {
	const ok, no = http.StatusOK, http.StatusForbidden
	for _, c := range []struct {
		user, method, path string
		status             int
	}{
		{"seller", "GET", pods("sales"), ok},
		{"seller", "GET", pods("sales-etl"), ok},
		{"seller", "GET", "/api/v1/namespaces/sales", ok},
		{"seller", "GET", "/api/v1/namespaces/sales/resourcequotas", ok},
		{"seller", "GET", pods("finance"), no},
		{"seller", "GET", "/api/v1/namespaces/finance", no},
		{"seller", "GET", "/api/v1/pods", no},
		{"seller", "GET", "/api/v1/namespaces", no},
		{"seller", "GET", "/api/v1/namespaces/sales/secrets", no},
		{"seller", "POST", pods("sales"), no},
		{"seller", "DELETE", "/api/v1/namespaces/sales/limitranges/tenant", no},
		{"stranger", "GET", pods("sales"), no},
		{"emr-containers", "GET", pods("sales"), ok},
		{"emr-containers", "GET", pods("finance"), ok},
		{"emr-containers", "GET", pods("default"), no},
		{"emr-containers", "GET", pods("kube-system"), no},
		{"emr-containers", "GET", "/api/v1/namespaces/sales/secrets/x", no},
		{"emr-containers", "DELETE", "/api/v1/namespaces/sales/resourcequotas/tenant", no},
		{"emr-containers", "DELETE", "/apis/networking.k8s.io/v1/namespaces/sales/networkpolicies/fence", no},
		{"applier", "GET", "/api/v1/namespaces/sales", ok},
		{"applier", "POST", pods("sales"), no},
		{"applier", "GET", pods("sales"), no},
		{"applier", "GET", "/api/v1/namespaces/sales/secrets", no},
		{"applier", "POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", no},
		{"applier", "POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/sales/roles", no},
		{"applier", "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", no},
	} {
		s.may(t, c.status, c.user, c.method, c.path, map[bool]any{true: object{"metadata": map[string]any{"name": "x"}}}[c.method == "POST"])
	}
	// The function may bind the two roles that tenants have, and not the one that rules.
	binding := func(role string) object {
		return object{
			"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": map[string]any{"name": role},
			"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
			"subjects": []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "applier"}},
		}
	}
	path := "/apis/rbac.authorization.k8s.io/v1/namespaces/finance/rolebindings"
	s.refused(t, "applier", path, binding("cluster-admin"), "attempting to grant RBAC permissions not currently held")
	s.refused(t, "applier", path, binding("system:kube-scheduler"), "attempting to grant RBAC permissions not currently held")
}

// fences reads the policies back as the server keeps them.
func fences(t *testing.T, s *server) {
	for _, namespace := range []string{"sales", "finance"} {
		found := s.may(t, http.StatusOK, "admin", "GET", "/apis/networking.k8s.io/v1/namespaces/"+namespace+"/networkpolicies", nil)
		items, _ := found["items"].([]any)
		if len(items) != 1 {
			t.Fatalf("%s has %d policies; want 1", namespace, len(items))
		}
		spec := items[0].(map[string]any)["spec"].(map[string]any)
		text, _ := json.Marshal(spec)
		for _, part := range []string{`"policyTypes":["Ingress","Egress"]`, `"ingress":[{"from":[{"podSelector":{}}]}]`, `"podSelector":{},"policyTypes"`} {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s: the policy lacks %s: %s", namespace, part, text)
			}
		}
		for _, rule := range spec["egress"].([]any) {
			peers, _ := rule.(map[string]any)["to"].([]any)
			if len(peers) == 0 {
				t.Errorf("%s: a rule lets everything out: %s", namespace, text)
			}
			for _, peer := range peers {
				if why := wide(peer.(map[string]any)); why != "" {
					t.Errorf("%s: %v is %s", namespace, peer, why)
				}
			}
		}
		if has := strings.Contains(string(text), "10.20.0.0/24"); has != (namespace == "sales") {
			t.Errorf("%s: the database is reachable: %v", namespace, has)
		}
	}
}

// wide says why a peer of a rule is more than a tenant may reach, or nothing.
func wide(peer map[string]any) string {
	if block, ok := peer["ipBlock"].(map[string]any); ok {
		prefix, err := netip.ParsePrefix(fmt.Sprint(block["cidr"]))
		switch {
		case err != nil:
			return err.Error()
		case prefix.Bits() < 8:
			return "wider than /8"
		case prefix.Contains(netip.MustParseAddr("169.254.169.254")):
			return "where the metadata of the node is"
		}
		return ""
	}
	if selector, ok := peer["namespaceSelector"].(map[string]any); ok {
		if labels, _ := selector["matchLabels"].(map[string]any); labels["kubernetes.io/metadata.name"] != "kube-system" {
			return "another namespace than that of DNS"
		}
		if pods, _ := peer["podSelector"].(map[string]any); len(pods) == 0 {
			return "every pod of the system"
		}
		return ""
	}
	if peer["podSelector"] == nil {
		return "everybody"
	}
	return ""
}

// ownership: what belongs to another resource is neither changed nor removed; what a
// template no longer holds goes; what goes is gone when the function says so.
func ownership(t *testing.T, s *server, d *deployer, resources []resource) {
	var mine resource
	for _, r := range resources {
		if strings.HasPrefix(r.id, "finance") {
			mine = r
		}
	}
	thief := mine
	thief.id = "thief"
	want := "Namespace finance exists and belongs to " + mine.id + ".0000; it is left as it is"
	if reason, _ := d.ask(thief, "Create", ""); reason != want {
		t.Errorf("a second resource with the same namespace: %q; want %q", reason, want)
	}
	if reason, _ := d.ask(thief, "Delete", ""); reason != "" {
		t.Errorf("its rollback: %q", reason)
	}
	s.may(t, http.StatusOK, "admin", "GET", "/api/v1/namespaces/finance", nil)

	objects := mine.objects(t)
	less, _ := json.Marshal(objects[:len(objects)-1]) // the last is the team's binding
	smaller := mine
	smaller.manifests = string(less)
	if reason, printed := d.ask(smaller, "Update", mine.manifests); reason != "" || len(printed) > 0 {
		t.Errorf("an update: %q %q", reason, printed)
	}
	s.may(t, http.StatusNotFound, "admin", "GET", "/apis/rbac.authorization.k8s.io/v1/namespaces/finance/rolebindings/team", nil)
	s.may(t, http.StatusOK, "admin", "GET", "/apis/rbac.authorization.k8s.io/v1/namespaces/finance/rolebindings/emr-containers", nil)

	misspelt := mine
	misspelt.manifests = strings.Replace(mine.manifests, `"podSelector":{},"policyTypes"`, `"podSelectr":{},"policyTypes"`, 1)
	if reason, _ := d.ask(misspelt, "Update", mine.manifests); !strings.Contains(reason, "podSelectr: field not declared in schema") && !strings.Contains(reason, `unknown field "spec.podSelectr"`) {
		t.Errorf("a misspelt field: %q", reason)
	}
	foreign := mine
	foreign.id, foreign.manifests = "foreign", `[{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x","namespace":"finance"}}]`
	if reason, _ := d.ask(foreign, "Create", ""); !strings.HasPrefix(reason, "Secret finance/x: v1/Secret is not among v1/Namespace, ") {
		t.Errorf("a kind that is not a tenant's: %q", reason)
	}
	if reason, _ := d.ask(mine, "Delete", ""); reason != "" {
		t.Errorf("a delete: %q", reason)
	}
	s.may(t, http.StatusNotFound, "admin", "GET", "/api/v1/namespaces/finance", nil)
	s.may(t, http.StatusOK, "admin", "GET", "/api/v1/namespaces/sales", nil)
}

// TestLakehouseOnARealApiServer brings what stacks/lakehouse writes, for a team with every
// option and one with none: the objects, in the order in which the stacks are deployed.
func TestLakehouseOnARealApiServer(t *testing.T) {
	s := start(t)
	installKinds(t, s)
	for _, auto := range []bool{false, true} {
		made := lakehouse.New(awscdk.NewApp(nil), "Lakehouse", lakehouse.Props{Auto: auto, Placeholders: 1, Tenants: []lakehouse.Tenant{
			{Name: "sales", Namespaces: []string{"sales", "sales-etl"}, Confidential: true, Sole: &emreks.NodeGroup{Max: 4}, Shared: 2400, Scratch: 2000},
			{Name: "finance"},
		}})
		base := cdktest.Synth(t, made.Stack)
		d := newDeployer(t, s)
		resources := d.resources(base, base)
		for _, stack := range made.Tenants.Stacks {
			resources = append(resources, d.resources(cdktest.Synth(t, stack), base)...)
		}
		d.make(resources)
		for _, namespace := range []string{"sales", "sales-etl", "finance"} {
			s.may(t, http.StatusOK, "admin", "GET", "/apis/networking.k8s.io/v1/namespaces/"+namespace+"/networkpolicies/fence", nil)
		}
		s.may(t, http.StatusOK, "admin", "GET", "/api/v1/namespaces/sales/persistentvolumeclaims/scratch", nil)
		s.may(t, map[bool]int{true: http.StatusOK, false: http.StatusNotFound}[auto], "admin", "GET", "/apis/karpenter.sh/v1/nodepools/sales-sales", nil)
		slices.Reverse(resources)
		for _, r := range resources { // as a stack is deleted
			if reason, _ := d.ask(r, "Delete", ""); reason != "" {
				t.Errorf("deleting %s: %s", r.id, reason)
			}
		}
		s.may(t, http.StatusNotFound, "admin", "GET", "/api/v1/namespaces/sales", nil)
	}
}

func TestAHundredTenantsOnARealApiServer(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	s := start(t)
	app := awscdk.NewApp(nil)
	base := awscdk.NewStack(app, jsii.String("Base"), nil)
	cluster := emreks.NewCluster(base, "Cluster", emreks.ClusterProps{Name: "lakehouse"})
	var tenants []emreks.TenantProps
	for i := range 100 {
		tenants = append(tenants, emreks.TenantProps{Name: fmt.Sprintf("team-%03d", i)})
	}
	all := emreks.NewTenants(app, "Tenants", emreks.TenantsProps{Cluster: cluster, Tenants: tenants})
	functions := cdktest.Synth(t, base)
	d := newDeployer(t, s)
	d.make(d.resources(functions, functions))
	begin, objects := time.Now(), 0
	for _, stack := range all.Stacks {
		resources := d.resources(cdktest.Synth(t, stack), functions)
		d.make(resources)
		for _, r := range resources {
			objects += len(r.objects(t))
		}
	}
	t.Logf("100 tenants, %d objects in %d stacks: applied in %.1f s, templates read included", objects, len(all.Stacks), time.Since(begin).Seconds())
	found := s.may(t, http.StatusOK, "admin", "GET", "/api/v1/namespaces?labelSelector=lakekeel.io/tenant", nil)
	if items, _ := found["items"].([]any); len(items) != 100 {
		t.Errorf("%d namespaces of tenants; want 100", len(items))
	}
}
