package emreks

import (
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
	"github.com/lakekeel/lakekeel/internal/policy"
)

func cluster(change func(p *ClusterProps)) error {
	p := ClusterProps{Name: "lakehouse"}
	change(&p)
	return p.Validate()
}

func TestClusterPropsValidate(t *testing.T) {
	checktest.Case(t, "the smallest cluster", cluster(func(p *ClusterProps) {}), "")
	checktest.Case(t, "no name", cluster(func(p *ClusterProps) { p.Name = "" }), `emreks.ClusterProps.Name is ""; want 1 to 50 of letters, digits and "-"`)
	checktest.Case(t, "a name with a dot", cluster(func(p *ClusterProps) { p.Name = "lake.house" }), `emreks.ClusterProps.Name is "lake.house"; want 1 to 50 of letters, digits and "-"`)
	checktest.Case(t, "an old version", cluster(func(p *ClusterProps) { p.Version, p.AddonVersions = "1.22", allAddons() }), `emreks.ClusterProps.Version is "1.22"; want a minor version from 1.33, e.g. 1.35`)
	checktest.Case(t, "a patch version", cluster(func(p *ClusterProps) { p.Version, p.AddonVersions = "1.35.2", allAddons() }), `emreks.ClusterProps.Version is "1.35.2"; want a minor version from 1.33, e.g. 1.35`)
	checktest.Case(t, "another version without add-ons", cluster(func(p *ClusterProps) {
		p.Version, p.AddonVersions = "1.36", allAddons()
		delete(p.AddonVersions, "coredns")
	}), `emreks.ClusterProps.AddonVersions["coredns"] is ""; want the version for Kubernetes 1.36, from: aws eks describe-addon-versions --addon-name coredns --kubernetes-version 1.36`)
	checktest.Case(t, "an unknown add-on", cluster(func(p *ClusterProps) { p.AddonVersions = map[string]string{"core-dns": "v1"} }),
		`emreks.ClusterProps.AddonVersions is "core-dns"; want the name of an add-on that is installed here; nearest is "coredns"`)
	checktest.Case(t, "an add-on of no version", cluster(func(p *ClusterProps) { p.AddonVersions = map[string]string{"coredns": ""} }), `emreks.ClusterProps.AddonVersions["coredns"] is ""; want a version, or no entry for the pinned one`)
	checktest.Case(t, "open to the world", cluster(func(p *ClusterProps) { p.PublicAccess = []string{"0.0.0.0/0"} }),
		`emreks.ClusterProps.PublicAccess[0] is "0.0.0.0/0"; want a range no wider than /8; open egress is what a tenant's fence is against`)
	checktest.Case(t, "no range", cluster(func(p *ClusterProps) { p.PublicAccess = []string{"office"} }), `emreks.ClusterProps.PublicAccess[0] is "office"; want a range of addresses such as "10.20.0.0/24"`)
	checktest.Case(t, "a small VPC", cluster(func(p *ClusterProps) { p.CIDR = "10.0.0.0/24" }), `emreks.ClusterProps.CIDR is "10.0.0.0/24"; want a range of IPv4 addresses from /16 to /20`)
	checktest.Case(t, "the range of services", cluster(func(p *ClusterProps) { p.CIDR = "172.20.0.0/16" }), `emreks.ClusterProps.CIDR is "172.20.0.0/16"; want a range apart from 172.20.0.0/16, which is that of Kubernetes services`)
	checktest.Case(t, "one zone", cluster(func(p *ClusterProps) { p.Zones = 1 }), `emreks.ClusterProps.Zones is 1; want 2 to 4, or 0 for 2`)
	checktest.Case(t, "an existing network of nothing", cluster(func(p *ClusterProps) { p.Existing = &Network{} }), `emreks.ClusterProps.Existing.VPC is <nil>; want the VPC
emreks.ClusterProps.Existing.NodeSubnets is []; want ids of at least two subnets, in different zones
emreks.ClusterProps.Existing.ControlSubnets is []; want ids of at least two subnets, in different zones
emreks.ClusterProps.Existing.ControlCIDRs is []; want the ranges of the control subnets, which tenants may reach`)
	checktest.Case(t, "nodes in Auto Mode", cluster(func(p *ClusterProps) { p.Auto, p.NodeGroups = true, []NodeGroup{{Name: "a"}} }),
		`emreks.ClusterProps.NodeGroups is 1; want none in Auto Mode, which makes nodes as pods need them`)
	checktest.Case(t, "two groups of one name", cluster(func(p *ClusterProps) { p.NodeGroups = []NodeGroup{{Name: "a"}, {Name: "a"}} }), `emreks.ClusterProps.NodeGroups[1].Name is "a"; want a name that no other node group has`)
	checktest.Case(t, "a group of no size", cluster(func(p *ClusterProps) {
		p.NodeGroups = []NodeGroup{{Name: "A", Min: 5, Max: 2, Desired: 9, DiskGiB: 1, InstanceTypes: []string{"large"}, Zones: []string{"eu-west-1a"}}}
	}),
		`emreks.ClusterProps.NodeGroups[0].Name is "A"; want 1 to 40 of a-z, 0-9 and "-"
emreks.ClusterProps.NodeGroups[0].InstanceTypes[0] is "large"; want an instance type such as "m6i.2xlarge"
emreks.ClusterProps.NodeGroups[0].Min is 5; want 0 to Max, which is 2
emreks.ClusterProps.NodeGroups[0].Desired is 9; want Min to Max, 5 to 2
emreks.ClusterProps.NodeGroups[0].DiskGiB is 1; want 20 to 16384 GiB, or 0 for 100
emreks.ClusterProps.NodeGroups[0].Zones is [eu-west-1a]; want none; a managed node group is in the zones of its subnets`)
	checktest.Case(t, "placeholders of nothing", cluster(func(p *ClusterProps) { p.Placeholders = Placeholders{Pods: 101, CPU: "four"} }), `emreks.ClusterProps.Placeholders.Pods is 101; want 0 to 100
emreks.ClusterProps.Placeholders.CPU is "four"; want a quantity of Kubernetes, e.g. "500m", "6" or "24Gi"`)
}

func allAddons() map[string]string {
	all := AddonVersions()
	for name := range all {
		all[name] = "v1.0.0-eksbuild.1"
	}
	return all
}

func TestImportPropsValidate(t *testing.T) {
	checktest.Case(t, "nothing", ImportProps{Auto: true, Karpenter: true, ServiceCIDR: "10.0.0.0/28", Issuer: "oidc"}.Validate(), `emreks.ImportProps.Name is ""; want 1 to 50 of letters, digits and "-"
emreks.ImportProps.Endpoint is ""; want the https:// URL of the API server
emreks.ImportProps.CertificateAuthority is ""; want the cluster's certificate authority, in base64
emreks.ImportProps.SecurityGroup is ""; want the id of the cluster's security group
emreks.ImportProps.Issuer is "oidc"; want an https:// URL, or nothing
emreks.ImportProps.Karpenter is true; want false; Auto Mode is EKS's own
emreks.ImportProps.Network.VPC is <nil>; want the VPC
emreks.ImportProps.Network.NodeSubnets is []; want ids of at least two subnets, in different zones
emreks.ImportProps.Network.ControlSubnets is []; want ids of at least two subnets, in different zones
emreks.ImportProps.Network.ControlCIDRs is []; want the ranges of the control subnets, which tenants may reach
emreks.ImportProps.ServiceCIDR is "10.0.0.0/28"; want a range of IPv4 addresses, /24 or wider`)
}

// lakehouse is a cluster as far as Validate looks at it.
var lakehouse = &Cluster{Name: "lakehouse", issuer: "oidc"}

func tenant(change func(p *TenantProps)) error {
	p := TenantProps{Name: "sales", Cluster: lakehouse}
	change(&p)
	return p.Validate()
}

func TestTenantPropsValidate(t *testing.T) {
	const narrow = "; want a range no wider than /8; open egress is what a tenant's fence is against"
	checktest.Case(t, "the smallest tenant", tenant(func(p *TenantProps) {}), "")
	checktest.Case(t, "several namespaces", tenant(func(p *TenantProps) { p.Namespaces = []string{"sales", "sales-etl"} }), "")
	checktest.Case(t, "nothing", TenantProps{}.Validate(), `emreks.TenantProps.Name is ""; want 1 to 40 of a-z, 0-9 and "-", beginning and ending with a letter or digit
emreks.TenantProps.Cluster is <nil>; want the cluster to be a tenant of`)
	checktest.Case(t, "a name in capitals", tenant(func(p *TenantProps) { p.Name = "Sales" }), `emreks.TenantProps.Name is "Sales"; want 1 to 40 of a-z, 0-9 and "-", beginning and ending with a letter or digit`)
	checktest.Case(t, "the system's namespace", tenant(func(p *TenantProps) { p.Name = "kube-system" }), `emreks.TenantProps.Name is "kube-system"; want a namespace that is not the system's own`)
	checktest.Case(t, "the platform's namespace", tenant(func(p *TenantProps) { p.Name = "lakekeel-system" }), `emreks.TenantProps.Name is "lakekeel-system"; want a namespace that is not the system's own`)
	checktest.Case(t, "somebody else's namespace", tenant(func(p *TenantProps) { p.Namespaces = []string{"sales", "finance"} }), `emreks.TenantProps.Namespaces[1] is "finance"; want "sales", or a name that begins with "sales-"`)
	checktest.Case(t, "one namespace twice", tenant(func(p *TenantProps) { p.Namespaces = []string{"sales", "sales"} }), `emreks.TenantProps.Namespaces[1] is "sales"; want a namespace that is not listed yet`)
	checktest.Case(t, "a role too long", tenant(func(p *TenantProps) { p.Namespaces = []string{"sales-" + strings.Repeat("x", 50)} }),
		`emreks.TenantProps.Namespaces[0] is "sales-`+strings.Repeat("x", 50)+`"; want a name that makes a role of at most 64 characters; "lakehouse.sales-`+strings.Repeat("x", 50)+`" has 66`)
	checktest.Case(t, "egress to everywhere", tenant(func(p *TenantProps) { p.Egress = []Egress{{"0.0.0.0/0", []int{443}}} }), `emreks.TenantProps.Egress[0].CIDR is "0.0.0.0/0"`+narrow)
	checktest.Case(t, "egress to half of everywhere", tenant(func(p *TenantProps) { p.Egress = []Egress{{"128.0.0.0/1", []int{443}}} }), `emreks.TenantProps.Egress[0].CIDR is "128.0.0.0/1"`+narrow)
	checktest.Case(t, "egress to all of IPv6", tenant(func(p *TenantProps) { p.Egress = []Egress{{"::/0", []int{443}}} }), `emreks.TenantProps.Egress[0].CIDR is "::/0"; want a range no wider than /32; open egress is what a tenant's fence is against`)
	checktest.Case(t, "egress to the metadata address", tenant(func(p *TenantProps) { p.Egress = []Egress{{"169.254.169.254/32", []int{80}}} }),
		`emreks.TenantProps.Egress[0].CIDR is "169.254.169.254/32"; want a range without 169.254.169.254, which gives a pod the role of its node`)
	checktest.Case(t, "egress around the metadata address", tenant(func(p *TenantProps) { p.Egress = []Egress{{"169.254.0.0/16", []int{80}}} }),
		`emreks.TenantProps.Egress[0].CIDR is "169.254.0.0/16"; want a range without 169.254.169.254, which gives a pod the role of its node`)
	checktest.Case(t, "egress to the metadata address of IPv6", tenant(func(p *TenantProps) { p.Egress = []Egress{{"fd00:ec2::/32", []int{80}}} }),
		`emreks.TenantProps.Egress[0].CIDR is "fd00:ec2::/32"; want a range without fd00:ec2::254, which gives a pod the role of its node`)
	checktest.Case(t, "egress with bits of a host", tenant(func(p *TenantProps) { p.Egress = []Egress{{"10.20.0.7/24", []int{80}}} }), `emreks.TenantProps.Egress[0].CIDR is "10.20.0.7/24"; want a range of addresses such as "10.20.0.0/24"`)
	checktest.Case(t, "egress to no port", tenant(func(p *TenantProps) { p.Egress = []Egress{{CIDR: "10.20.0.0/24"}} }), `emreks.TenantProps.Egress[0].Ports is []; want at least one TCP port`)
	checktest.Case(t, "egress to port 0", tenant(func(p *TenantProps) { p.Egress = []Egress{{"10.20.0.0/24", []int{0}}} }), `emreks.TenantProps.Egress[0].Ports[0] is 0; want 1 to 65535`)
	checktest.Case(t, "a quota of nonsense", tenant(func(p *TenantProps) { p.Quota.LimitsCPU = "many" }), `emreks.TenantProps.Quota.LimitsCPU is "many"; want a quantity of Kubernetes, e.g. "500m", "6" or "24Gi"`)
	checktest.Case(t, "requests above limits", tenant(func(p *TenantProps) { p.Quota.RequestsCPU = "3000" }), `emreks.TenantProps.Quota.RequestsCPU is "3000"; want at most Quota.LimitsCPU, which is 2000`)
	checktest.Case(t, "a negative quota", tenant(func(p *TenantProps) { p.Quota.Pods = -1 }), `emreks.TenantProps.Quota.Pods is -1; want 1 or more, or 0 for as many as fit`)
	checktest.Case(t, "a default above the maximum", tenant(func(p *TenantProps) { p.Limits.DefaultCPU = "7" }), `emreks.TenantProps.Limits.DefaultCPU is "7"; want at most Limits.MaxCPU, which is 6`)
	checktest.Case(t, "a minimum above the default", tenant(func(p *TenantProps) { p.Limits.MinCPU = "200m" }), `emreks.TenantProps.Limits.MinCPU is "200m"; want at most Limits.DefaultRequestCPU, which is 100m`)
	checktest.Case(t, "a container above the quota", tenant(func(p *TenantProps) { p.Quota = Quota{RequestsCPU: "4", LimitsCPU: "5"} }), `emreks.TenantProps.Limits.MaxCPU is "6"; want at most Quota.LimitsCPU, which is 5`)
	checktest.Case(t, "memory without a unit that there is", tenant(func(p *TenantProps) { p.Limits.MaxMemory = "64GB" }), `emreks.TenantProps.Limits.MaxMemory is "64GB"; want a quantity of Kubernetes, e.g. "500m", "6" or "24Gi"`)
	checktest.Case(t, "a whole bucket", tenant(func(p *TenantProps) { p.Data.Writes = []string{"s3://lake"} }), `emreks.TenantProps.Data.Writes[0] is "s3://lake"; want the s3:// URL of a folder with a prefix; a bucket is not one tenant's`)
	checktest.Case(t, "a pattern", tenant(func(p *TenantProps) { p.Data.Reads = []string{"s3://lake/*"} }), `emreks.TenantProps.Data.Reads[0] is "s3://lake/*"; want the s3:// URL of a folder`)
	checktest.Case(t, "a database in capitals", tenant(func(p *TenantProps) { p.Data.WriteDatabases = []string{"Sales"} }), `emreks.TenantProps.Data.WriteDatabases[0] is "Sales"; want 1 to 255 of a-z, 0-9 and _`)
	checktest.Case(t, "a lock table of two letters", tenant(func(p *TenantProps) { p.Data.LockTables = []string{"no"} }), `emreks.TenantProps.Data.LockTables[0] is "no"; want 3 to 255 of letters, digits, _, . and -`)
	checktest.Case(t, "the alias of a key", tenant(func(p *TenantProps) { p.Data.Keys = []string{"alias/lake"} }), `emreks.TenantProps.Data.Keys[0] is "alias/lake"; want the ARN of a KMS key`)
	checktest.Case(t, "logs nowhere", tenant(func(p *TenantProps) { p.Logs = "/var/log" }), `emreks.TenantProps.Logs is "/var/log"; want the s3:// URL of a folder, or nothing`)
	checktest.Case(t, "an unknown identity", tenant(func(p *TenantProps) { p.Identity = 7 }), `emreks.TenantProps.Identity is 7; want emreks.PodIdentity or emreks.WebIdentity`)
	checktest.Case(t, "web identity without an issuer", tenant(func(p *TenantProps) { p.Identity, p.Cluster = WebIdentity, &Cluster{Name: "x"} }), `emreks.TenantProps.Identity is "WebIdentity"; want PodIdentity, or ImportProps.Issuer on the cluster`)
	checktest.Case(t, "security groups of nobody", tenant(func(p *TenantProps) { p.Databases = &Database{} }), `emreks.TenantProps.Databases.SecurityGroups is []; want 1 to 5 ids of security groups`)
	checktest.Case(t, "a security group by name", tenant(func(p *TenantProps) { p.Databases = &Database{[]string{"db"}} }), `emreks.TenantProps.Databases.SecurityGroups[0] is "db"; want the id of a security group, "sg-…"`)
	checktest.Case(t, "a secret out of its folder", tenant(func(p *TenantProps) {
		p.Secrets = []Secret{{"../x", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-1"}}
	}), `emreks.TenantProps.Secrets[0].Name is "../x"; want the name of a file`)
	checktest.Case(t, "a secret by its value", tenant(func(p *TenantProps) { p.Secrets = []Secret{{"x", "hunter2"}} }), `emreks.TenantProps.Secrets[0].ARN is "hunter2"; want the ARN of a secret of Secrets Manager`)
	checktest.Case(t, "nodes without a role", tenant(func(p *TenantProps) { p.Sole = &NodeGroup{Name: "sales"} }), `emreks.TenantProps.Sole is "sales"; want a cluster whose node role is known; set ImportProps.NodeRole`)
	checktest.Case(t, "nodes of a foreign Karpenter", tenant(func(p *TenantProps) {
		p.Sole, p.Cluster = &NodeGroup{Name: "sales"}, &Cluster{Name: "x", pools: true}
	}), `emreks.TenantProps.Sole is "sales"; want nothing; a Karpenter of one's own has node classes that are not known here`)
	checktest.Case(t, "security groups in Auto Mode", tenant(func(p *TenantProps) {
		p.Databases, p.Cluster = &Database{[]string{"sg-1"}}, &Cluster{Name: "x", Auto: true, pools: true}
	}), `emreks.TenantProps.Databases is [sg-1]; want nothing; EKS Auto Mode has no security groups for pods: open the database to the nodes' group and list it in Egress`)
	checktest.Case(t, "nobody in the team", tenant(func(p *TenantProps) { p.Team = append(p.Team, nil) }), `emreks.TenantProps.Team[0] is <nil>; want a role`)
}

func tenants(of ...TenantProps) error {
	return TenantsProps{Cluster: lakehouse, Tenants: of}.Validate()
}

func TestTenantsShareNothing(t *testing.T) {
	data := func(name string, data Data) TenantProps { return TenantProps{Name: name, Data: data} }
	checktest.Case(t, "tenants apart", tenants(data("a", Data{Writes: []string{"s3://lake/a"}, Reads: []string{"s3://raw"}}), data("b", Data{Writes: []string{"s3://lake/ab"}, Reads: []string{"s3://raw"}})), "")
	checktest.Case(t, "no cluster", TenantsProps{Stacks: 65}.Validate(), `emreks.TenantsProps.Cluster is <nil>; want the cluster to be tenants of
emreks.TenantsProps.Stacks is 65; want 1 to 64, or 0 for 16`)
	checktest.Case(t, "one name twice", tenants(TenantProps{Name: "a"}, TenantProps{Name: "a"}), `emreks.TenantsProps.Tenants[1].Name is "a"; want a name that no other tenant has`)
	checktest.Case(t, "one namespace of two", tenants(TenantProps{Name: "a", Namespaces: []string{"a-b"}}, TenantProps{Name: "a-b"}), `emreks.TenantsProps.Tenants[1].Name is "a-b"; want a namespace that is not tenant "a"'s`)
	checktest.Case(t, "one database", tenants(data("a", Data{WriteDatabases: []string{"db"}}), data("b", Data{WriteDatabases: []string{"db"}})), `emreks.TenantsProps.Tenants[1].Data.WriteDatabases[0] is "db"; want a database that is not tenant "a"'s`)
	checktest.Case(t, "one lock table", tenants(data("a", Data{LockTables: []string{"locks"}}), data("b", Data{LockTables: []string{"locks"}})), `emreks.TenantsProps.Tenants[1].Data.LockTables[0] is "locks"; want a lock table that is not tenant "a"'s`)
	checktest.Case(t, "one folder in another", tenants(data("a", Data{Writes: []string{"s3://lake/a"}}), data("b", Data{Writes: []string{"s3://lake/a/b"}})), `emreks.TenantsProps.Tenants[1].Data.Writes[0] is "s3://lake/a/b"; want a folder apart from s3://lake/a, which is tenant "a"'s to write`)
	checktest.Case(t, "reading where another writes", tenants(data("a", Data{Reads: []string{"s3://lake"}}), data("b", Data{Writes: []string{"s3://lake/b"}})), `emreks.TenantsProps.Tenants[0].Data.Reads[0] is "s3://lake"; want a folder apart from s3://lake/b, which is tenant "b"'s to write`)
}

// sales is a tenant as NewTenant makes it, as far as Validate looks at it.
func salesTenant(change func(p *TenantProps)) *Tenant {
	p := TenantProps{Name: "sales", Cluster: lakehouse, Namespaces: []string{"sales", "sales-etl"}, Data: Data{
		Reads: []string{"s3://raw/orders"}, Writes: []string{"s3://lake/sales"}, WriteDatabases: []string{"sales"}, LockTables: []string{"sales-locks"},
	}}
	if change != nil {
		change(&p)
	}
	p.Quota, p.Limits = p.Quota.orDefaults(), p.Limits.orDefaults()
	return &Tenant{Name: p.Name, props: p}
}

func job(change func(p *JobProps)) error {
	p := JobProps{Name: "curate", Tenant: salesTenant(nil), EntryPoint: "s3://code/curate.py"}
	change(&p)
	return p.Validate()
}

// load is another job of a tenant.
func load(tenant *Tenant, namespace string) *Job {
	return &Job{Name: "load", props: JobProps{Name: "load", Tenant: tenant, Namespace: namespace}}
}

func TestJobPropsValidate(t *testing.T) {
	const own = `emreks.JobProps.Conf is "`
	conf := func(key, value string) error {
		return job(func(p *JobProps) { p.Conf = map[string]string{key: value} })
	}
	checktest.Case(t, "the smallest job", job(func(p *JobProps) {}), "")
	checktest.Case(t, "nothing", JobProps{}.Validate(), `emreks.JobProps.Name is ""; want 1 to 40 of a-z, 0-9 and "-", beginning and ending with a letter or digit
emreks.JobProps.Tenant is <nil>; want the tenant whose job it is
emreks.JobProps.EntryPoint is ""; want the s3:// URL or local:// path of a .py or .jar file`)
	checktest.Case(t, "seven cores under a limit of six", job(func(p *JobProps) { p.Executor.Cores = 7 }),
		`emreks.JobProps.Executor.Cores is 7; want at most 6, which is Limits.MaxCPU of tenant "sales": the LimitRange of namespace "sales" refuses spark.executor.cores=7`)
	checktest.Case(t, "seven cores of a driver in the other namespace", job(func(p *JobProps) { p.Driver.Cores, p.Namespace = 7, "sales-etl" }),
		`emreks.JobProps.Driver.Cores is 7; want at most 6, which is Limits.MaxCPU of tenant "sales": the LimitRange of namespace "sales-etl" refuses spark.driver.cores=7`)
	checktest.Case(t, "less than the least", job(func(p *JobProps) {
		p.Tenant = salesTenant(func(p *TenantProps) { p.Limits = Limits{MinCPU: "2", DefaultRequestCPU: "2", DefaultCPU: "2"} })
		p.Driver.Cores = 1
	}), `emreks.JobProps.Driver.Cores is 1; want at least 2, which is Limits.MinCPU of tenant "sales": the LimitRange of namespace "sales" refuses spark.driver.cores=1`)
	checktest.Case(t, "memory above the limit with its overhead", job(func(p *JobProps) { p.Executor.Memory = "60Gi" }),
		`emreks.JobProps.Executor.Memory is "60Gi"; want a pod of at most 64Gi, which is Limits.MaxMemory of tenant "sales": the LimitRange of namespace "sales" refuses one of 86016 MiB with its overhead`)
	checktest.Case(t, "more executors than the quota holds", job(func(p *JobProps) { p.Executors = 300 }),
		`emreks.JobProps.Executors is 300; want a job within 1000, which is Quota.RequestsCPU of tenant "sales"; driver, executors and submitter need 1232.3`)
	checktest.Case(t, "more memory than the quota holds", job(func(p *JobProps) { p.Executors, p.Executor = 100, Size{1, "40Gi"} }),
		`emreks.JobProps.Executors is 100; want a job within 4000Gi, which is Quota.RequestsMemory of tenant "sales"; driver, executors and submitter need 5657.1Gi`)
	checktest.Case(t, "more pods than the quota holds", job(func(p *JobProps) {
		p.Tenant, p.Executors = salesTenant(func(p *TenantProps) { p.Quota.Pods = 10 }), 9
	}), `emreks.JobProps.Executors is 9; want a job of at most 10 pods, which is Quota.Pods of tenant "sales"; it has 11`)
	checktest.Case(t, "cores by a setting", conf("spark.executor.cores", "7"), own+`spark.executor.cores"; want no setting that has a field; set Executor.Cores`)
	checktest.Case(t, "a limit by a setting", conf("spark.kubernetes.executor.limit.cores", "7"), own+`spark.kubernetes.executor.limit.cores"; want no setting that has a field; set Executor.Cores`)
	checktest.Case(t, "another namespace by a setting", conf("spark.kubernetes.namespace", "finance"), own+`spark.kubernetes.namespace"; want no setting by which a job leaves its namespace`)
	checktest.Case(t, "another pod template by a setting", conf("spark.kubernetes.driver.podTemplateFile", "s3://x"), own+`spark.kubernetes.driver.podTemplateFile"; want no setting by which a job leaves its namespace`)
	checktest.Case(t, "the host's disk by a setting", conf("spark.kubernetes.executor.volumes.hostPath.x.mount.path", "/"), own+`spark.kubernetes.executor.volumes.hostPath.x.mount.path"; want no setting by which a job leaves its namespace`)
	checktest.Case(t, "another service account by a setting", conf("spark.kubernetes.authenticate.driver.serviceAccountName", "x"), own+`spark.kubernetes.authenticate.driver.serviceAccountName"; want no setting by which a job leaves its namespace`)
	checktest.Case(t, "another tenant's label by a setting", conf("spark.kubernetes.executor.label.lakekeel.io/tenant", "finance"), own+`spark.kubernetes.executor.label.lakekeel.io/tenant"; want no setting by which a job leaves its namespace`)
	checktest.Case(t, "a password in the environment", conf("spark.kubernetes.driverEnv.DB_PASSWORD", "hunter2"), own+`spark.kubernetes.driverEnv.DB_PASSWORD"; want no secret; set TenantProps.Secrets and read the file under /mnt/secrets`)
	checktest.Case(t, "an access key", conf("spark.hadoop.fs.s3a.access.key", "AKIA"), own+`spark.hadoop.fs.s3a.access.key"; want no secret; set TenantProps.Secrets and read the file under /mnt/secrets`)
	checktest.Case(t, "no setting of Spark", conf("executor.cores", "1"), own+`executor.cores"; want settings of Spark, which begin with "spark."`)
	checktest.Case(t, "a setting of nothing", conf("spark.x", " "), `emreks.JobProps.Conf["spark.x"] is "1 characters"; want 1 to 1024`)
	checktest.Case(t, "a setting too long", conf("spark.x", strings.Repeat("x", 1025)), `emreks.JobProps.Conf["spark.x"] is "1025 characters"; want 1 to 1024`)
	checktest.Case(t, "confidence given away", job(func(p *JobProps) {
		p.Tenant = salesTenant(func(p *TenantProps) { p.Confidential = true })
		p.Conf = map[string]string{"spark.network.crypto.enabled": "false"}
	}), `emreks.JobProps.Conf["spark.network.crypto.enabled"] is "false"; want true, since tenant "sales" is confidential`)
	checktest.Case(t, "an old release under pod identity", job(func(p *JobProps) { p.Release = "emr-6.8.0-latest" }),
		`emreks.JobProps.Release is "emr-6.8.0-latest"; want emr-7.3.0 or newer, since tenant "sales" has PodIdentity; set TenantProps.Identity to WebIdentity for older ones`)
	checktest.Case(t, "an old release under web identity", job(func(p *JobProps) {
		p.Release, p.Tenant = "emr-6.8.0-latest", salesTenant(func(p *TenantProps) { p.Identity = WebIdentity })
	}), "")
	checktest.Case(t, "a release of EMR on EC2", job(func(p *JobProps) { p.Release = "emr-7.13.0" }), `emreks.JobProps.Release is "emr-7.13.0"; want a release of EMR on EKS such as emr-7.13.0-latest`)
	checktest.Case(t, "a namespace misspelt", job(func(p *JobProps) { p.Namespace = "sales-elt" }), `emreks.JobProps.Namespace is "sales-elt"; want a namespace of tenant "sales": "sales" or "sales-etl"; nearest is "sales-etl"`)
	checktest.Case(t, "a script on this machine", job(func(p *JobProps) { p.EntryPoint = "jobs/curate.py" }), `emreks.JobProps.EntryPoint is "jobs/curate.py"; want the s3:// URL or local:// path of a .py or .jar file`)
	checktest.Case(t, "a class of a script", job(func(p *JobProps) { p.Class = "a.B" }), `emreks.JobProps.Class is "a.B"; want nothing; the entry point is a Python file`)
	checktest.Case(t, "an empty argument", job(func(p *JobProps) { p.Arguments = []string{"--table", ""} }), `emreks.JobProps.Arguments[1] is ""; want some text; EMR takes no empty argument`)
	checktest.Case(t, "a jar that is none", job(func(p *JobProps) { p.Jars = []string{"iceberg"} }), `emreks.JobProps.Jars[0] is "iceberg"; want the s3:// URL or local:// path of a .jar file`)
	checktest.Case(t, "a module that is none", job(func(p *JobProps) { p.PyFiles = []string{"s3://code/x.jar"} }), `emreks.JobProps.PyFiles[0] is "s3://code/x.jar"; want the s3:// URL or local:// path of a .py, .zip or .egg file`)
	checktest.Case(t, "a heap in which Spark cannot start", job(func(p *JobProps) { p.Driver.Memory = "256Mi" }), `emreks.JobProps.Driver.Memory is "256Mi"; want 450Mi or more, without which Spark does not start`)
	checktest.Case(t, "memory as Spark writes it", job(func(p *JobProps) { p.Driver.Memory = "4g" }), `emreks.JobProps.Driver.Memory is "4g"; want a quantity of Kubernetes, e.g. "500m", "6" or "24Gi"`)
	checktest.Case(t, "negative cores", job(func(p *JobProps) { p.Executor.Cores = -1 }), `emreks.JobProps.Executor.Cores is -1; want 1 or more, or 0 for 4`)
	checktest.Case(t, "fewer at most than at least", job(func(p *JobProps) { p.Executors, p.MaxExecutors = 5, 3 }), `emreks.JobProps.MaxExecutors is 3; want at least Executors, which is 5, or 0 for no more than that`)
	checktest.Case(t, "a region for a zone", job(func(p *JobProps) { p.Zone = "eu-west-1" }), `emreks.JobProps.Zone is "eu-west-1"; want a zone such as "eu-west-1a", or nothing`)
	checktest.Case(t, "another tenant's nodes", job(func(p *JobProps) { p.NodeSelector = map[string]string{"lakekeel.io/tenant": "finance"} }), `emreks.JobProps.NodeSelector is "lakekeel.io/tenant"; want a label other than that which keeps tenants apart`)
	checktest.Case(t, "a mount over the system", job(func(p *JobProps) { p.Mounts = []Mount{{Claim: "fsx", Path: "/usr"}} }), `emreks.JobProps.Mounts[0].Path is "/usr"; want an absolute path that hides nothing of the image, e.g. "/data"`)
	checktest.Case(t, "two mounts on one path", job(func(p *JobProps) { p.Mounts = []Mount{{Claim: "a", Path: "/data"}, {Claim: "b", Path: "/data"}} }), `emreks.JobProps.Mounts[1].Path is "/data"; want a path that no other mount has`)
	checktest.Case(t, "a mount of nothing", job(func(p *JobProps) { p.Mounts = []Mount{{Path: "/data"}} }), `emreks.JobProps.Mounts[0].Claim is ""; want 1 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit`)
	checktest.Case(t, "eleven retries", job(func(p *JobProps) { p.Retries = 11 }), `emreks.JobProps.Retries is 11; want 0 to 10`)
	checktest.Case(t, "another's folder", job(func(p *JobProps) { p.Data = &Data{Writes: []string{"s3://lake/finance"}} }), `emreks.JobProps.Data.Writes[0] is "s3://lake/finance"; want a folder in Data.Writes of tenant "sales"`)
	checktest.Case(t, "a folder whose name begins alike", job(func(p *JobProps) { p.Data = &Data{Reads: []string{"s3://raw/orders-secret"}} }), `emreks.JobProps.Data.Reads[0] is "s3://raw/orders-secret"; want a folder in Data.Reads or Data.Writes of tenant "sales"`)
	checktest.Case(t, "another's database", job(func(p *JobProps) { p.Data = &Data{WriteDatabases: []string{"sale"}} }), `emreks.JobProps.Data.WriteDatabases[0] is "sale"; want one that tenant "sales" has there; nearest is "sales"`)
	checktest.Case(t, "another's lock table", job(func(p *JobProps) { p.Data = &Data{LockTables: []string{"finance-locks"}} }), `emreks.JobProps.Data.LockTables[0] is "finance-locks"; want one that tenant "sales" has there`)
	checktest.Case(t, "rights of nobody", job(func(p *JobProps) { p.Rights = make([]policy.Statement, 2) }), `emreks.JobProps.Rights is "2 statements"; want none without Data, which gives the job a role of its own`)
	checktest.Case(t, "a role of its own and another's", job(func(p *JobProps) { p.Data, p.As = &Data{}, load(p.Tenant, "sales") }), `emreks.JobProps.As is "load"; want nothing beside Data; the role is either the job's own or another's`)
	checktest.Case(t, "the role of another namespace", job(func(p *JobProps) { p.As = load(p.Tenant, "sales-etl") }), `emreks.JobProps.As is "load"; want a job in namespace "sales", which alone can take the role`)
	checktest.Case(t, "a role shared", job(func(p *JobProps) { p.As = load(p.Tenant, "sales") }), "")
	checktest.Case(t, "no schedule", ScheduleProps{Expression: "0 3 * * *", TimeZone: "CET+1!"}.Validate(), `emreks.ScheduleProps.Expression is "0 3 * * *"; want cron(…) of six fields, rate(…) or at(…)
emreks.ScheduleProps.TimeZone is "CET+1!"; want a zone such as "Europe/Berlin", or nothing`)
}
