package fsxlustre

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

// aVPC stands for one, of which Validate asks only whether it is there.
type aVPC struct{ awsec2.IVpc }

func static(change func(p *FileSystemProps)) error {
	p := FileSystemProps{Name: "shared", Namespace: "sales", VPC: aVPC{}, Subnet: "subnet-1", Clients: []string{"sg-1"}}
	change(&p)
	return p.Validate()
}

func dynamic(change func(p *DynamicProps)) error {
	p := DynamicProps{Subnet: "subnet-1", Groups: []string{"sg-1"}}
	change(&p)
	return p.Validate()
}

func TestPropsValidate(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"the smallest file system", static(func(p *FileSystemProps) {}), ""},
		{"nothing", FileSystemProps{}.Validate(), `fsxlustre.FileSystemProps.Name is ""; want 1 to 40 of a-z, 0-9 and "-", beginning and ending with a letter or digit
fsxlustre.FileSystemProps.Namespace is ""; want 1 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit
fsxlustre.FileSystemProps.VPC is <nil>; want the VPC of the nodes
fsxlustre.FileSystemProps.Subnet is ""; want the id of one subnet, "subnet-…"
fsxlustre.FileSystemProps.Clients is []; want at least one security group of the nodes`},
		{"a group by name", static(func(p *FileSystemProps) { p.Clients = []string{"nodes"} }), `fsxlustre.FileSystemProps.Clients[0] is "nodes"; want the id of a security group, "sg-…"`},
		{"2,000 GiB", static(func(p *FileSystemProps) { p.Capacity = 2000 }), `fsxlustre.FileSystemProps.Capacity is 2000; want 1200, 2400 or a multiple of 2400 GiB; nearest is 2400`},
		{"100 GiB", static(func(p *FileSystemProps) { p.Capacity = 100 }), `fsxlustre.FileSystemProps.Capacity is 100; want 1200, 2400 or a multiple of 2400 GiB; nearest is 1200`},
		{"3,600 GiB", static(func(p *FileSystemProps) { p.Capacity = 3600 }), `fsxlustre.FileSystemProps.Capacity is 3600; want 1200, 2400 or a multiple of 2400 GiB; nearest is 4800`},
		{"less than nothing", static(func(p *FileSystemProps) { p.Capacity = -2400 }), `fsxlustre.FileSystemProps.Capacity is -2400; want 1200, 2400 or a multiple of 2400 GiB; nearest is 1200`},
		{"a throughput of the other kind", static(func(p *FileSystemProps) { p.Throughput = 200 }), `fsxlustre.FileSystemProps.Throughput is 200; want 125, 250, 500 or 1000 MB/s per TiB, which PERSISTENT_2 offers; nearest is 250`},
		{"a throughput of scratch", static(func(p *FileSystemProps) { p.Deployment, p.Throughput = Scratch2, 200 }), `fsxlustre.FileSystemProps.Throughput is 200; want nothing; SCRATCH_2 has 200 MB/s per TiB`},
		{"an old deployment", static(func(p *FileSystemProps) { p.Deployment = "SCRATCH_1" }), `fsxlustre.FileSystemProps.Deployment is "SCRATCH_1"; want "PERSISTENT_2", "PERSISTENT_1" or "SCRATCH_2"`},
		{"a repository on this machine", static(func(p *FileSystemProps) { p.Repository = &Repository{URL: "/data"} }), `fsxlustre.FileSystemProps.Repository.URL is "/data"; want the s3:// URL of a bucket or folder`},
		{"a repository over everything", static(func(p *FileSystemProps) { p.Repository = &Repository{"s3://lake", "/"} }), `fsxlustre.FileSystemProps.Repository.Path is "/"; want an absolute path below "/", e.g. "/data"`},
		{"the smallest class", dynamic(func(p *DynamicProps) {}), ""},
		{"a class of nothing", DynamicProps{Class: "FSx"}.Validate(), `fsxlustre.DynamicProps.Class is "FSx"; want 1 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit
fsxlustre.DynamicProps.Subnet is ""; want the id of one subnet, "subnet-…"
fsxlustre.DynamicProps.Groups is []; want at least one security group`},
		{"what the driver cannot do", dynamic(func(p *DynamicProps) { p.Deployment, p.Repository = Persistent2, "s3://lake" }),
			`fsxlustre.DynamicProps.Repository is "s3://lake"; want nothing; the driver makes no data repository association, which PERSISTENT_2 needs (aws-fsx-csi-driver#412): take SCRATCH_2 or PERSISTENT_1, or a FileSystem`},
		{"what the driver can do", dynamic(func(p *DynamicProps) { p.Deployment, p.Repository = Persistent1, "s3://lake" }), ""},
		{"a throughput that there is not", dynamic(func(p *DynamicProps) { p.Deployment, p.Throughput = Persistent1, 120 }), `fsxlustre.DynamicProps.Throughput is 120; want 50, 100 or 200 MB/s per TiB, which PERSISTENT_1 offers; nearest is 100`},
		{"a claim of nothing", ClaimProps{Capacity: -1}.Validate(), `fsxlustre.ClaimProps.Name is ""; want 1 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit
fsxlustre.ClaimProps.Namespace is ""; want 1 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit
fsxlustre.ClaimProps.Capacity is -1; want 1 to 1000000 GiB, or 0 for 2000`},
		{"mounts that a node bears", BudgetProps{NodeCores: 32, Jobs: []Load{{"a", 4, 2}}}.Validate(), ""},
		{"more mounts than a node bears", BudgetProps{NodeCores: 32, Jobs: []Load{{"a", 4, 1}, {"b", 1, 1}}}.Validate(),
			`fsxlustre.BudgetProps.Jobs[1].Mounts is 1; want fewer, or larger executors: a node of 32 vCPU holds 32 of job "b", which are 32 mounts, and PerNode is 16 (aws-fsx-csi-driver#180)`},
		{"a budget of nothing", BudgetProps{PerNode: -1, Jobs: []Load{{"a", 0, -1}}}.Validate(), `fsxlustre.BudgetProps.NodeCores is 0; want 1 or more
fsxlustre.BudgetProps.PerNode is -1; want 1 or more, or 0 for 16
fsxlustre.BudgetProps.Jobs[0].Cores is 0; want 1 or more
fsxlustre.BudgetProps.Jobs[0].Mounts is -1; want 0 or more`},
	} {
		t.Run(c.name, func(t *testing.T) { checktest.Message(t, c.err, c.want) })
	}
}

func TestRoundUp(t *testing.T) {
	for gib, want := range map[int]int{1: 1200, 1200: 1200, 1201: 2400, 2000: 2400, 2400: 2400, 2401: 4800} {
		if got := RoundUp(gib); got != want || !offered(got) {
			t.Errorf("RoundUp(%d) = %d; want %d", gib, got, want)
		}
	}
}
