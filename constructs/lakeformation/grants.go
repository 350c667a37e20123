package lakeformation

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

const (
	defaultStacks = 8
	maxStacks     = 64
)

// GrantsProps describes [Grants].
type GrantsProps struct {
	Tags         []Tag // LF-tags that are made here, with all of their values
	ImportedTags []Tag // LF-tags that are made elsewhere and used here
	Associations []Association
	Links        []Link // resource links to databases of other accounts
	Grants       []Grant

	// Settings must be in force before anything is granted; if nil, they are somebody else's.
	Settings *Settings

	// Stacks is over how many stacks the grants are spread: those on one table, database or
	// location stay together, in the stack that follows from its name; a stack without any
	// is not made. 1 puts them into the stack of the scope; if zero, 8, which bears about
	// 3,000 grants. Another number moves grants between stacks, so it is chosen once.
	Stacks int
}

// Grants are LF-tags, what bears them, and who may do what.
type Grants struct {
	Construct constructs.Construct
	Stacks    []awscdk.Stack // those that hold the grants

	// Depth is the length of the longest chain of changes that a deployment makes one after
	// the other, on the resource with the most grants: Busiest.
	Depth   int
	Busiest string
}

// NewGrants defines tags and grants in scope. It panics with the error of
// [GrantsProps.Validate] if the props are not sound.
func NewGrants(scope constructs.Construct, id string, props GrantsProps) *Grants {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	g := &Grants{Construct: constructs.NewConstruct(scope, &id)}
	if own := awscdk.Stack_Of(g.Construct); props.Settings != nil && props.Settings.elsewhere(own) {
		own.AddStackDependency(props.Settings.resource.Stack(), jsii.String("settings come before grants"))
	}
	changes := props.changes()
	g.Depth, g.Busiest = depth(changes)
	tags := g.newTags(props)
	for i, part := range shards(changes, props.stacks()) {
		if len(part) == 0 {
			continue
		}
		where, first := g.place(props, i)
		if where == g.Construct {
			first = append(first, tags...)
		}
		addChanges(where, part, first)
	}
	return g
}

func (p GrantsProps) stacks() int { return cmp.Or(p.Stacks, defaultStacks) }

// newTags makes the tags in the scope's own stack, one after the other.
func (g *Grants) newTags(props GrantsProps) []awscdk.CfnResource {
	var made []awscdk.CfnResource
	for _, tag := range props.Tags {
		properties := tag.api()
		resource := awscdk.NewCfnResource(g.Construct, jsii.String("tag-"+tag.Key), &awscdk.CfnResourceProps{
			Type: jsii.String("AWS::LakeFormation::Tag"), Properties: &properties,
		})
		if props.Settings != nil && !props.Settings.elsewhere(resource.Stack()) {
			resource.AddResourceDependency(props.Settings.resource, nil)
		}
		made = append(made, resource)
	}
	return made
}

// place is where the changes of one part go, and what of the same stack comes before them.
func (g *Grants) place(props GrantsProps, part int) (constructs.Construct, []awscdk.CfnResource) {
	own := awscdk.Stack_Of(g.Construct)
	if props.stacks() == 1 {
		g.Stacks = append(g.Stacks, own)
		if props.Settings == nil || props.Settings.elsewhere(own) {
			return g.Construct, nil
		}
		return g.Construct, []awscdk.CfnResource{props.Settings.resource}
	}
	number := strconv.Itoa(part)
	stack := awscdk.NewStack(g.Construct, &number, &awscdk.StackProps{
		StackName:   jsii.String(*own.StackName() + "-" + *g.Construct.Node().Id() + "-" + number),
		Description: jsii.String(fmt.Sprintf("Lake Formation grants, part %d of at most %d", part, props.stacks())),
		Env:         environment(own),
	})
	stack.AddStackDependency(own, jsii.String("tags, roles and settings come before grants"))
	g.Stacks = append(g.Stacks, stack)
	return stack, nil
}

// environment is that of a stack, or nil where it is not said.
func environment(stack awscdk.Stack) *awscdk.Environment {
	if *awscdk.Token_IsUnresolved(stack.Account()) {
		return nil
	}
	return &awscdk.Environment{Account: stack.Account(), Region: stack.Region()}
}

// addChanges adds the changes, each after the one before it in its chain; the first of a
// chain comes after what is given.
func addChanges(scope constructs.Construct, changes []change, first []awscdk.CfnResource) {
	last := map[string]awscdk.CfnResource{}
	for _, c := range changes {
		properties := c.properties()
		resource := awscdk.NewCfnResource(scope, &c.id, &awscdk.CfnResourceProps{Type: &c.kind, Properties: &properties})
		if before, there := last[c.chain]; there {
			resource.AddResourceDependency(before, nil)
		} else {
			for _, before := range first {
				resource.AddResourceDependency(before, nil)
			}
		}
		if c.after != nil {
			resource.AddResourceDependency(c.after, nil)
		}
		last[c.chain] = resource
	}
}
