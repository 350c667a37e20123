package emreks

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/split"
)

// TenantsProps describes the [Tenants] of a cluster.
type TenantsProps struct {
	Cluster *Cluster
	Tenants []TenantProps // Cluster may be left out; in any order

	// Stacks is how many stacks the tenants are spread over, 1 to 64; if zero, 16. A
	// tenant's stack follows from its name and this number alone (internal/split), so that
	// another number moves some tenants to other stacks, which takes them down first. At 16
	// stacks, a thousand tenants of one namespace stay under CloudFormation's 500 resources.
	Stacks int

	Env *awscdk.Environment // of the stacks; the cluster's
}

// Tenants are all tenants of a cluster, spread over stacks.
type Tenants struct {
	Stacks  []awscdk.Stack // those with a tenant in them, in order
	Tenants map[string]*Tenant
}

// defaultStacks is how many stacks tenants are spread over. It never changes.
const defaultStacks = 16

// NewTenants defines stacks in scope, named id and a number, with the tenants in them.
// It panics with the error of [TenantsProps.Validate] if the props are not sound.
func NewTenants(scope constructs.Construct, id string, props TenantsProps) *Tenants {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	all := &Tenants{Tenants: map[string]*Tenant{}}
	stacks := make([]awscdk.Stack, cmp.Or(props.Stacks, defaultStacks))
	for _, tenant := range props.sorted() {
		i := split.Place(tenant.Name, len(stacks))
		if stacks[i] == nil {
			name := fmt.Sprintf("%s-%02d", id, i)
			stacks[i] = awscdk.NewStack(scope, &name, &awscdk.StackProps{
				Env: props.Env, SuppressTemplateIndentation: jsii.Bool(true), // a third of a template of this kind
				Description: jsii.String(fmt.Sprintf("Tenants of EKS cluster %s, part %d of %d", props.Cluster.Name, i, len(stacks))),
			})
		}
		all.Tenants[tenant.Name] = NewTenant(stacks[i], tenant.Name, tenant)
	}
	all.Stacks = slices.DeleteFunc(stacks, func(s awscdk.Stack) bool { return s == nil })
	return all
}

// sorted are the tenants by name and on the cluster, so that their order in the props
// does not matter to the templates.
func (p TenantsProps) sorted() []TenantProps {
	list := slices.Clone(p.Tenants)
	for i := range list {
		if list[i].Cluster == nil {
			list[i].Cluster = p.Cluster
		}
	}
	slices.SortFunc(list, func(a, b TenantProps) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// Validate reports every fault in the props as a [check.Fault]: of each tenant, and of
// what two tenants would share.
func (p TenantsProps) Validate() error {
	faults := check.Of("emreks.TenantsProps")
	faults.Want(p.Cluster != nil, "Cluster", nil, "the cluster to be tenants of")
	faults.Want(p.Stacks >= 0 && p.Stacks <= 64, "Stacks", p.Stacks, fmt.Sprintf("1 to 64, or 0 for %d", defaultStacks))
	owners := owners{}
	for i, tenant := range p.Tenants {
		field := fmt.Sprintf("Tenants[%d]", i)
		faults.Want(tenant.Cluster == nil || tenant.Cluster == p.Cluster, field+".Cluster", tenant.Name, "the cluster of all of them, or nothing")
		tenant.Cluster = p.Cluster
		faults.Add(tenant.Validate())
		owners.claim(faults, "name", field+".Name", tenant.Name, tenant.Name)
		for j, namespace := range tenant.Namespaces {
			owners.claim(faults, "namespace", fmt.Sprintf("%s.Namespaces[%d]", field, j), namespace, tenant.Name)
		}
		if len(tenant.Namespaces) == 0 {
			owners.claim(faults, "namespace", field+".Name", tenant.Name, tenant.Name)
		}
		for j, name := range tenant.Data.WriteDatabases {
			owners.claim(faults, "database", fmt.Sprintf("%s.Data.WriteDatabases[%d]", field, j), name, tenant.Name)
		}
		for j, name := range tenant.Data.LockTables {
			owners.claim(faults, "lock table", fmt.Sprintf("%s.Data.LockTables[%d]", field, j), name, tenant.Name)
		}
	}
	p.checkFolders(faults)
	return faults.Err()
}

// owners are who has what, by the kind of thing.
type owners map[[2]string]string

func (o owners) claim(faults *check.Faults, kind, field, value, tenant string) {
	key := [2]string{kind, value}
	owner, taken := o[key]
	if kind == "name" && taken {
		faults.Want(false, field, value, "a name that no other tenant has")
		return
	}
	faults.Want(!taken || owner == tenant, field, value, fmt.Sprintf("a %s that is not tenant %q's", kind, owner))
	o[key] = tenant
}

// checkFolders records folders of one tenant in which another writes.
func (p TenantsProps) checkFolders(faults *check.Faults) {
	for i, writer := range p.Tenants {
		for j, other := range p.Tenants {
			if i == j {
				continue
			}
			for k, url := range other.Data.Writes {
				if j < i {
					break // the pair has been seen from the other side
				}
				p.checkFolder(faults, fmt.Sprintf("Tenants[%d].Data.Writes[%d]", j, k), url, writer)
			}
			for k, url := range other.Data.Reads {
				p.checkFolder(faults, fmt.Sprintf("Tenants[%d].Data.Reads[%d]", j, k), url, writer)
			}
		}
	}
}

func (p TenantsProps) checkFolder(faults *check.Faults, field, url string, writer TenantProps) {
	for _, written := range writer.Data.Writes {
		apart := !within(url, written) && !within(written, url)
		faults.Want(apart, field, url, fmt.Sprintf("a folder apart from %s, which is tenant %q's to write", written, writer.Name))
	}
}
