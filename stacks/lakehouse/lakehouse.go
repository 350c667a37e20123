// Package lakehouse deploys a lake that several teams share: an EKS cluster on which each
// of them has namespaces of its own, a folder of one encrypted bucket, its databases, its
// lock tables, and the Spark jobs that keep the history of its contacts in the table
// formats that it uses. Whatever one team has, no other can reach.
package lakehouse

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/emreks"
	"github.com/lakekeel/lakekeel/constructs/fsxlustre"
	"github.com/lakekeel/lakekeel/constructs/lake"
	"github.com/lakekeel/lakekeel/etlScripts/scd2"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// Cluster is the name of the EKS cluster. Names of databases and lock tables are fixed
// too, so an account and region hold the system once.
const Cluster = "lakehouse"

// What the names of the buckets begin with; account and region follow.
const (
	lakeStem = "lakehouse-lake"
	logsStem = "lakehouse-logs"
)

// Lakehouse holds the stacks: Stack is that of cluster and lake, Tenants are those of the teams.
type Lakehouse struct {
	Stack   awscdk.Stack
	Cluster *emreks.Cluster
	Tenants *emreks.Tenants

	key     *lake.Key
	lake    *lake.Bucket // folders of the tenants, and scripts
	scripts *lake.Scripts
	scratch *fsxlustre.Dynamic
	destroy bool
}

// New defines the stack of cluster and lake under id, and the stacks of tenants under
// id-Tenants-NN. It panics with the error of [Props.Validate] if the props are not sound.
func New(scope constructs.Construct, id string, props Props) *Lakehouse {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	stack := awscdk.NewStack(scope, &id, &awscdk.StackProps{
		Env:         props.Env,
		Description: jsii.String("Lakehouse: EKS cluster and lake that several teams share"),
	})
	findNoZones(stack, props.Env)
	if props.DestroyData {
		lake.AllowDestroy(stack)
	}
	l := &Lakehouse{Stack: stack, destroy: props.DestroyData}
	l.newLake()
	l.newCluster(props)
	l.newTenants(scope, id+"-Tenants", props)
	for _, o := range []struct{ name, value string }{{"ClusterName", Cluster}, {"LakeUri", l.bucket(lakeStem)}} {
		awscdk.NewCfnOutput(stack, &o.name, &awscdk.CfnOutputProps{Value: &o.value})
	}
	return l
}

// findNoZones keeps the CDK from asking AWS for the names of a region's zones at synth: the
// cluster's network takes the first ones of the account when it is deployed.
func findNoZones(stack awscdk.Stack, env *awscdk.Environment) {
	if env == nil {
		return
	}
	key := fmt.Sprintf("availability-zones:account=%s:region=%s", *env.Account, *env.Region)
	stack.Node().SetContext(&key, []string{"not-looked-up"})
}

// newLake makes the buckets and their key. A team's folder is a team's by the rights of
// its roles; the key is one for all of them.
func (l *Lakehouse) newLake() {
	l.key = lake.NewKey(l.Stack, "Key", lake.KeyProps{Description: "Lakehouse: lake, logs and lock tables", DestroyData: true})
	access := lake.NewAccessLogs(l.Stack, "AccessLogs", lake.AccessLogsProps{})
	bucket := func(id, stem string) *lake.Bucket {
		return lake.NewBucket(l.Stack, id, lake.BucketProps{Stem: stem, Key: l.key.Key, AccessLogs: access, DestroyData: true})
	}
	l.lake = bucket("Lake", lakeStem)
	bucket("Logs", logsStem)
	l.scripts = lake.NewScripts(l.Stack, "Scripts", lake.ScriptsProps{Bucket: l.lake, Folder: scd2.Files, Files: scripts})
}

// bucket is the s3:// URL of a bucket of this system, by what its name is made of and not by
// reference: a reference to another stack takes 130 bytes, and a tenant's jobs name the
// buckets some fifty times.
func (l *Lakehouse) bucket(stem string) string {
	return fmt.Sprintf("s3://%s-%s-%s", stem, *l.Stack.Account(), *l.Stack.Region())
}

// script is the s3:// URL of a script, in the same way. The tenants' stacks come after the
// one that brings it there.
func (l *Lakehouse) script(name string) string {
	_, key, _ := strings.Cut(strings.TrimPrefix(l.scripts.URL(name), "s3://"), "/")
	return l.bucket(lakeStem) + "/" + key
}

// newCluster makes the cluster, and the storage class of scratch space if a tenant wants any.
func (l *Lakehouse) newCluster(props Props) {
	l.Cluster = emreks.NewCluster(l.Stack, "Cluster", emreks.ClusterProps{
		Name: Cluster, Auto: props.Auto, Zones: props.Zones, PublicAccess: props.PublicAccess,
		Placeholders: emreks.Placeholders{Pods: props.Placeholders}, DestroyData: props.DestroyData,
	})
	if props.any(func(t Tenant) bool { return t.Shared > 0 }) {
		l.letFilesUseKey()
	}
	if props.any(func(t Tenant) bool { return t.Scratch > 0 }) {
		l.scratch = fsxlustre.NewDynamic(fsxlustre.DynamicProps{
			Subnet: l.Cluster.Network.NodeSubnets[0], Groups: []string{l.Cluster.SecurityGroup},
			DestroyData: true, // what is spilled there is worth nothing afterwards
		})
		l.Cluster.Apply(l.Stack, "Scratch", l.scratch.Manifests())
	}
}

// letFilesUseKey lets file systems that show a folder of the lake read and write it. Their
// role is made with the file system and named after it, so the statement is that of
// https://docs.aws.amazon.com/fsx/latest/LustreGuide/s3-server-side-encryption-support.html
// for all file systems of an account, through S3 alone.
func (l *Lakehouse) letFilesUseKey() {
	here := policy.Here()
	l.key.Key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
		Actions:    jsii.Strings("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"),
		Resources:  jsii.Strings("*"), // in a key's policy, this key
		Conditions: &map[string]any{
			"StringEquals": map[string]any{"kms:CallerAccount": here.Account, "kms:ViaService": "s3." + here.Region + "." + here.Suffix},
			"ArnLike":      map[string]any{"aws:PrincipalArn": here.Global("iam", "role/aws-service-role/s3.data-source.lustre.fsx.amazonaws.com/AWSServiceRoleForFSxS3Access_*")},
		},
	}), jsii.Bool(true))
}

// newTenants spreads the tenants over stacks, then gives each its tables.
func (l *Lakehouse) newTenants(scope constructs.Construct, id string, props Props) {
	all := emreks.TenantsProps{Cluster: l.Cluster, Stacks: cmp.Or(props.Stacks, defaultStacks), Env: props.Env}
	for _, tenant := range props.Tenants {
		all.Tenants = append(all.Tenants, tenant.emreks(l.place()))
	}
	for i, tenant := range props.Tenants {
		for j, name := range tenant.People {
			arn := policy.Here().Global("iam", "role/"+name)
			role := awsiam.Role_FromRoleArn(l.Stack, jsii.String(fmt.Sprintf("People-%s-%d", tenant.Name, j)), &arn, nil)
			all.Tenants[i].Team = append(all.Tenants[i].Team, role)
		}
	}
	l.Tenants = emreks.NewTenants(scope, id, all)
	for _, tenant := range props.Tenants {
		made := l.Tenants.Tenants[tenant.Name]
		l.newFiles(tenant, made)
		var histories []*history
		for _, format := range tenant.formats() {
			histories = append(histories, l.newHistory(tenant, made, format))
		}
		newMachine(made, histories)
	}
}

// place is where the tenants' data is, and how it is encrypted.
func (l *Lakehouse) place() place {
	return place{lake: l.bucket(lakeStem) + "/tenants/", logs: l.bucket(logsStem) + "/emr", key: *l.key.Key.KeyArn()}
}

// newFiles gives a tenant the file systems that it asks for.
func (l *Lakehouse) newFiles(tenant Tenant, made *emreks.Tenant) {
	namespace := made.Namespaces[0].Name
	scope := constructs.NewConstruct(made.Construct, jsii.String("Files"))
	var manifests []emreks.Manifest
	if tenant.Shared > 0 {
		shared := fsxlustre.NewFileSystem(scope, "Shared", fsxlustre.FileSystemProps{
			Name: "shared", Namespace: namespace, VPC: l.Cluster.Network.VPC, Subnet: l.Cluster.Network.NodeSubnets[0],
			Clients: []string{l.Cluster.SecurityGroup}, Capacity: tenant.Shared, DestroyData: l.destroy,
			Repository: &fsxlustre.Repository{URL: l.place().of(tenant.Name) + "/shared"},
		})
		manifests = append(manifests, shared.Manifests()...)
	}
	if tenant.Scratch > 0 {
		manifests = append(manifests, l.scratch.Claim(fsxlustre.ClaimProps{Name: "scratch", Namespace: namespace, Capacity: tenant.Scratch})...)
	}
	if len(manifests) > 0 {
		l.Cluster.Apply(scope, "Volumes", manifests).Node().AddDependency(made.Namespaces[0].Manifests)
	}
}
