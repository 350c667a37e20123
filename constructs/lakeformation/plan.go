package lakeformation

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// A change is one CloudFormation resource of the plan.
type change struct {
	id         string // of its construct, from what it says and nothing else
	kind       string // CloudFormation type
	chain      string // see resource.chain
	order      int    // within the chain: a link, then tags, then filters, then grants
	size       int    // about how many bytes it takes in a template
	properties func() map[string]any
	after      awscdk.CfnResource // what else comes before; may be nil
}

// digest is a short name for a text: 12 hexadecimal digits of its SHA-256, which two of a
// million texts share with a chance of one in 500.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

var noWord = regexp.MustCompile(`[^A-Za-z0-9]+`)

// idOf begins with what a person looks for in the events of a stack.
func idOf(words ...string) string {
	readable := noWord.ReplaceAllString(strings.Join(words, "-"), "-")
	return strings.Trim(readable[:min(len(readable), 60)], "-") + "-" + digest(strings.Join(words, "\x00"))
}

// changes are all resources that the props stand for, each once.
func (p GrantsProps) changes() []change {
	byID := map[string]change{}
	add := func(c change) { byID[c.id] = c }
	for _, l := range p.Links {
		add(l.change())
	}
	for _, a := range p.Associations {
		add(a.change())
	}
	for _, g := range p.Grants {
		r := g.On.resource()
		if r.kind == rowsKind {
			add(change{idOf("rows", r.name), "AWS::LakeFormation::DataCellsFilter", r.chain, 2, frame + 2*len(r.name), r.table.filter, nil})
		}
		for _, action := range g.Actions {
			add(g.change(r, action))
		}
	}
	return slices.SortedFunc(maps.Values(byID), func(a, b change) int {
		return cmp.Or(cmp.Compare(a.chain, b.chain), cmp.Compare(a.order, b.order), cmp.Compare(a.id, b.id))
	})
}

// change is the grant of one action.
func (g Grant) change(r resource, action Action) change {
	option := []Action{}
	words := []string{g.To.Name, string(action), r.name}
	if g.WithOption {
		option = []Action{action}
		words = []string{g.To.Name, string(action), "with option", r.name}
	}
	return change{idOf(words...), "AWS::LakeFormation::PrincipalPermissions", r.chain, 3, frame + 2*len(r.name) + len(g.To.ID), func() map[string]any {
		return map[string]any{
			"Principal":                  map[string]any{"DataLakePrincipalIdentifier": g.To.ID},
			"Resource":                   r.api(),
			"Permissions":                []Action{action},
			"PermissionsWithGrantOption": option,
		}
	}, r.after}
}

// shard is the number of the stack, of several, that a chain belongs to. It follows from
// the chain's own name, so whatever else comes or goes, it stays.
func shard(chain string, stacks int) int {
	sum := sha256.Sum256([]byte(chain))
	return int(binary.BigEndian.Uint64(sum[:8]) % uint64(stacks))
}

// shards are the changes of each stack, empty ones included.
func shards(changes []change, stacks int) [][]change {
	split := make([][]change, stacks)
	for _, c := range changes {
		i := shard(c.chain, stacks)
		split[i] = append(split[i], c)
	}
	return split
}

// depth is the longest chain: how many changes a deployment makes one after the other.
func depth(changes []change) (longest int, chain string) {
	length := map[string]int{}
	for _, c := range changes {
		length[c.chain]++
		if length[c.chain] > longest {
			longest, chain = length[c.chain], c.chain
		}
	}
	return longest, chain
}

// Limits of CloudFormation
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html),
// with room for what else a stack holds: its metadata and outputs.
const (
	maxResources = 480     // of 500
	maxBody      = 900_000 // bytes, of 1 MB
	frame        = 700     // bytes of a grant's template around its names, measured
)

// overflow says which stack of several holds too much, if one does.
func overflow(changes []change, stacks int) error {
	for i, part := range shards(changes, stacks) {
		if len(part) > maxResources {
			return fmt.Errorf("stack %d of %d would hold %d resources, of at most %d", i, stacks, len(part), maxResources)
		}
		body := 0
		for _, c := range part {
			body += c.size
		}
		if body > maxBody {
			return fmt.Errorf("stack %d of %d would hold %d bytes, of at most %d", i, stacks, body, maxBody)
		}
	}
	return nil
}
