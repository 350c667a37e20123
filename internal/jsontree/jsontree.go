// Package jsontree writes, reads and compares JSON whose shape is known only in part,
// as the definitions of a service are that has more members than we give types to.
package jsontree

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
)

// Object is a JSON object of keys and values in turn. A nil value, an empty text, list
// or object is left out: services take such a member's absence as its default.
func Object(pairs ...any) map[string]any {
	object := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if v := pairs[i+1]; !empty(v) {
			object[pairs[i].(string)] = v
		}
	}
	return object
}

func empty(v any) bool {
	if v == nil {
		return true
	}
	value := reflect.ValueOf(v)
	switch value.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return value.Len() == 0
	}
	return false
}

// List is what make makes of each item.
func List[T any](items []T, make func(i int, item T) any) []any {
	list := []any{}
	for i, item := range items {
		list = append(list, make(i, item))
	}
	return list
}

// When is v if ok, and nothing otherwise.
func When(ok bool, v any) any {
	if ok {
		return v
	}
	return nil
}

// Plain is what JSON makes of v: objects, lists, text, float64 and bool only.
func Plain(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // v holds a function or a channel: a bug of ours
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		panic(err)
	}
	return plain
}

// Merge is object with patch laid over it, as https://www.rfc-editor.org/rfc/rfc7386 says:
// null deletes a member, objects are merged, all else is replaced. Neither is changed.
func Merge(object, patch map[string]any) map[string]any {
	merged := maps.Clone(object)
	if merged == nil {
		merged = map[string]any{}
	}
	for key, v := range patch {
		inner, isObject := v.(map[string]any)
		switch {
		case v == nil:
			delete(merged, key)
		case isObject:
			below, _ := merged[key].(map[string]any)
			merged[key] = Merge(below, inner)
		default:
			merged[key] = v
		}
	}
	return merged
}

// Diff is the patch that [Merge] takes to make to of from, or nil if they are equal. Both
// are [Plain].
func Diff(from, to map[string]any) map[string]any {
	patch := map[string]any{}
	for key := range from {
		if _, kept := to[key]; !kept {
			patch[key] = nil
		}
	}
	for key, v := range to {
		before, _ := from[key].(map[string]any)
		after, isObject := v.(map[string]any)
		switch {
		case reflect.DeepEqual(from[key], v):
		case before != nil && isObject:
			patch[key] = Diff(before, after)
		default:
			patch[key] = v
		}
	}
	if len(patch) == 0 {
		return nil
	}
	return patch
}

// A Node is a place in a JSON tree that may not be there. Reading what is not there gives
// zero values, so a reader needs no check at every step.
type Node struct{ value any }

// Of is the node of a value that is [Plain].
func Of(v any) Node { return Node{v} }

// At is the node below, by the keys of objects.
func (n Node) At(keys ...string) Node {
	for _, key := range keys {
		object, _ := n.value.(map[string]any)
		n = Node{object[key]}
	}
	return n
}

// Is says whether there is something.
func (n Node) Is() bool { return n.value != nil }

// Text is the text here, or "".
func (n Node) Text() string { s, _ := n.value.(string); return s }

// Number is the number here, or 0.
func (n Node) Number() float64 { f, _ := n.value.(float64); return f }

// Int is the number here as an integer, or 0.
func (n Node) Int() int { return int(n.Number()) }

// True says whether true stands here.
func (n Node) True() bool { b, _ := n.value.(bool); return b }

// Object is the object here, or nil.
func (n Node) Object() map[string]any { object, _ := n.value.(map[string]any); return object }

// Keys are the keys of the object here, in alphabetical order.
func (n Node) Keys() []string { return slices.Sorted(maps.Keys(n.Object())) }

// Only is the key of the object here if it has one key alone, as unions have, or "".
func (n Node) Only() string {
	if keys := n.Keys(); len(keys) == 1 {
		return keys[0]
	}
	return ""
}

// List are the items of the list here.
func (n Node) List() []Node {
	list, _ := n.value.([]any)
	nodes := make([]Node, len(list))
	for i, v := range list {
		nodes[i] = Node{v}
	}
	return nodes
}

// Texts are the items of the list here that are text.
func (n Node) Texts() []string {
	var texts []string
	for _, item := range n.List() {
		texts = append(texts, item.Text())
	}
	return texts
}
