// Package split spreads things over stacks by their names, so that one that comes or
// goes moves no other.
//
// CloudFormation takes a resource down and makes it anew when it moves from one stack to
// another. What a thing's stack is must therefore follow from its own name alone, never
// from its place in a list.
package split

import (
	"fmt"
	"hash/fnv"
	"slices"
)

// MostStacks is the largest number of stacks that [Stacks] spreads things over.
const MostStacks = 1024

// Place is the number, from 0 to stacks-1, of the stack of the thing of that name.
//
// It depends on nothing else. With one stack more, only one thing in so many moves, and
// only into the new stack: the jump consistent hash of Lamping and Veach,
// https://arxiv.org/abs/1406.2294, over FNV-1a of the name.
func Place(name string, stacks int) int {
	hash := fnv.New64a()
	hash.Write([]byte(name))
	key := hash.Sum64()
	place, next := -1, 0
	for next < stacks {
		place = next
		key = key*2862933555777941757 + 1
		next = int(float64(place+1) * (float64(int64(1)<<31) / float64(key>>33+1)))
	}
	return place
}

// Stacks spreads names over stacks, 1 to [MostStacks] of them; each holds its names in
// alphabetical order, and some may be empty. The order of names does not matter.
//
// The weights of the names in a stack, by weigh, must not add up to more than capacity,
// e.g. CloudFormation's 500 resources; if weigh is nil, every name weighs 1. The error
// says which number of stacks would do.
func Stacks(names []string, stacks, capacity int, weigh func(name string) int) ([][]string, error) {
	if stacks < 1 || stacks > MostStacks {
		return nil, fmt.Errorf("%d stacks; want 1 to %d", stacks, MostStacks)
	}
	if weigh == nil {
		weigh = func(string) int { return 1 }
	}
	if full, weight := fullest(names, stacks, weigh); weight > capacity {
		return nil, fmt.Errorf("stack %d of %d would hold %d, of at most %d; want %s", full, stacks, weight, capacity, enough(names, stacks, capacity, weigh))
	}
	pieces := make([][]string, stacks)
	for _, name := range slices.Sorted(slices.Values(names)) {
		place := Place(name, stacks)
		pieces[place] = append(pieces[place], name)
	}
	return pieces, nil
}

// fullest is the stack with the greatest weight, and that weight.
func fullest(names []string, stacks int, weigh func(string) int) (stack, weight int) {
	weights := make([]int, stacks)
	for _, name := range names {
		weights[Place(name, stacks)] += weigh(name)
	}
	weight = slices.Max(weights)
	return slices.Index(weights, weight), weight
}

// enough says how many stacks hold the names, for a message.
func enough(names []string, stacks, capacity int, weigh func(string) int) string {
	for more := stacks + 1; more <= MostStacks; more++ {
		if _, weight := fullest(names, more, weigh); weight <= capacity {
			return fmt.Sprintf("%d stacks", more)
		}
	}
	return "fewer or lighter things"
}
