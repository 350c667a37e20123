// Package config reads a strict configuration file: YAML in which every key
// and every value is accounted for, and every fault is told at once with the
// line it stands on.
//
// A file is described once, as a list of [Field]. [Read] decodes by that
// description and [Schema] writes it as JSON Schema, so that what an editor
// accepts and what the program accepts cannot drift apart.
package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Field describes one key of a block.
type Field struct {
	Name     string // the key, e.g. "account"
	Doc      string // what it means and what leaving it out means; editors show it
	Required bool   // whether it is a fault to leave it out
	Value    Value
}

// Value describes what may stand behind a key: [Text], [Texts], [Number], [Flag], [Block] or [List].
type Value interface {
	read(doc *Document, at node)
	schema() map[string]any
	want() string
}

// Text is a string that is not empty.
type Text struct {
	To      *string             // receives the value
	OneOf   []string            // the only values allowed; if empty, Pattern and Check decide
	Pattern string              // what the whole value must match, in the syntax that Go and ECMAScript share
	Check   func(v string) bool // further rule that no pattern can say; if nil, none
	Want    string              // what Pattern and Check ask for, in words: "twelve digits in quotes"
	Default string              // what leaving the key out means, for editors; Read leaves To as it is
}

// Texts is a sequence of strings, at least one, none twice.
type Texts struct {
	To   *[]string // receives the values
	Each Text      // what each of them is; its To and Default are not used
}

// Number is a whole number.
type Number struct {
	To          *int // receives the value
	Least, Most int  // the range, both ends in it
	Default     int  // what leaving the key out means, for editors; Read leaves To as it is
}

// Flag is true or false; leaving the key out means false.
type Flag struct {
	To *bool // receives the value
}

// Block is a group of keys.
type Block struct {
	Fields  []Field
	OneOnly bool // whether exactly one of the keys must stand, as for alternatives
}

// List is a sequence of blocks, at least one.
type List struct {
	// Each appends an element to what the list fills and returns its keys.
	Each func() []Field
}

func (t Text) want() string {
	switch {
	case t.Want != "":
		return t.Want
	case len(t.OneOf) > 0:
		return "one of " + strings.Join(t.OneOf, ", ")
	}
	return "some text"
}

func (t Text) accepts(v string) bool {
	switch {
	case v == "", len(t.OneOf) > 0 && !slices.Contains(t.OneOf, v):
		return false
	case t.Pattern != "" && !regexp.MustCompile(t.Pattern).MatchString(v):
		return false
	}
	return t.Check == nil || t.Check(v)
}

func (t Texts) want() string { return "a list, one at least, of " + t.Each.want() }

func (n Number) want() string { return fmt.Sprintf("a whole number from %d to %d", n.Least, n.Most) }

func (Flag) want() string { return "true or false" }

func (b Block) want() string { return "a block with the keys " + strings.Join(names(b.Fields), ", ") }

func (l List) want() string { return "a list of blocks, one at least" }

// names lists the keys of a block in the order of their description.
func names(fields []Field) []string {
	var out []string
	for _, f := range fields {
		out = append(out, f.Name)
	}
	return out
}
