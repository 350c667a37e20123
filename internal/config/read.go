package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/lakekeel/lakekeel/internal/check"
)

// Document is a file that was read: it knows on which line everything stands,
// and gathers the faults.
type Document struct {
	file   string
	lines  map[string]int // by path, e.g. "environments[1].account"
	faults []fault
}

type fault struct {
	line int
	err  error
}

// A Phrase is said as it stands, where check.Fault says a string in quotes.
type Phrase string

// node is a value of the file and the path by which its owner knows it.
type node struct {
	path string
	ast.Node
}

// Read decodes text by its description into the places that the fields point
// to. file is how faults call it. The document is never nil: rules that span
// several keys are checked with [Document.Want] afterwards, then
// [Document.Err] tells everything at once.
func Read(file string, text []byte, fields []Field) *Document {
	doc := &Document{file: file, lines: map[string]int{}}
	root, ok := doc.parse(text, fields)
	if ok {
		Block{Fields: fields}.read(doc, node{"", root})
	}
	return doc
}

// Line is the line on which the value at path stands, or the nearest block
// around it when there is no such value.
func (d *Document) Line(path string) int {
	for {
		if line, ok := d.lines[path]; ok {
			return line
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return 1
		}
		path = path[:cut]
	}
}

// Has tells whether a value stands at path.
func (d *Document) Has(path string) bool { _, ok := d.lines[path]; return ok }

// Want records a fault at path unless ok.
func (d *Document) Want(ok bool, path string, got any, want string) {
	if !ok {
		d.add(d.Line(path), path, got, want)
	}
}

// Missing records that the value at path is not there.
func (d *Document) Missing(path, want string) { d.Want(false, path, Phrase("missing"), want) }

// Err joins all faults in the order of the file, one a line; nil when there are none.
func (d *Document) Err() error {
	slices.SortStableFunc(d.faults, func(a, b fault) int { return cmp.Compare(a.line, b.line) })
	var errs []error
	for _, f := range d.faults {
		errs = append(errs, f.err)
	}
	return errors.Join(errs...)
}

func (d *Document) add(line int, path string, got any, want string) {
	where := strings.TrimSuffix(fmt.Sprintf("%s:%d: %s", d.file, line, path), ": ")
	d.faults = append(d.faults, fault{line, &check.Fault{Field: where, Got: got, Want: want}})
}

// parse returns the block that the whole file is, having told why there is none.
func (d *Document) parse(text []byte, fields []Field) (ast.Node, bool) {
	want := Block{Fields: fields}.want()
	if i := invalid(text); i >= 0 {
		d.add(1+bytes.Count(text[:i], []byte("\n")), "", Phrase("not UTF-8"), "text in UTF-8")
		return nil, false
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, said := syntax(err)
		d.add(line, "", Phrase("not YAML ("+said+")"), want)
		return nil, false
	}
	docs := slices.DeleteFunc(file.Docs, func(doc *ast.DocumentNode) bool { return doc.Body == nil })
	switch {
	case len(docs) == 0:
		d.add(1, "", Phrase("empty"), want)
		return nil, false
	case len(docs) > 1:
		d.add(line(docs[1].Body), "", Phrase("a second document"), "one document in the file")
	}
	return docs[0].Body, true
}

// invalid is the place of the first byte that is no UTF-8, or -1.
func invalid(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// syntax takes the line and the plain sentence out of an error of the parser.
func syntax(err error) (int, string) {
	var at interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if errors.As(err, &at) && at.GetToken() != nil {
		return at.GetToken().Position.Line, at.GetMessage()
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return 1, first
}

// line is where a node begins; a mapping's own token is the colon after its first key.
func line(n ast.Node) int { return n.GetToken().Position.Line }

func (b Block) read(doc *Document, at node) {
	mapping, ok := at.Node.(*ast.MappingNode)
	if !ok {
		doc.wrong(at, b)
		return
	}
	seen := map[string]bool{}
	for _, pair := range mapping.Values {
		b.pair(doc, at.path, pair, seen)
	}
	for _, f := range b.Fields {
		if f.Required && !seen[f.Name] {
			doc.Missing(join(at.path, f.Name), f.Value.want())
		}
	}
	// A misspelt alternative is told already.
	if b.OneOnly && (len(seen) > 1 || len(mapping.Values) == 0) {
		doc.Want(false, at.path, Phrase(fmt.Sprintf("a block with %d keys", len(seen))), "exactly one of "+strings.Join(names(b.Fields), ", "))
	}
}

// pair reads one key and what stands behind it.
func (b Block) pair(doc *Document, path string, pair *ast.MappingValueNode, seen map[string]bool) {
	key := pair.Key.GetToken().Value
	here := join(path, key)
	i := slices.IndexFunc(b.Fields, func(f Field) bool { return f.Name == key })
	switch _, plain := pair.Key.(*ast.StringNode); {
	case i < 0 || !plain:
		doc.add(line(pair.Key), here, Phrase("an unknown key"), b.suggest(key))
		return
	case seen[key]:
		doc.add(line(pair.Key), here, Phrase("there a second time"),
			fmt.Sprintf("each key once (the first is on line %d)", doc.lines[here]))
		return
	}
	seen[key] = true
	doc.lines[here] = line(pair.Key)
	b.Fields[i].Value.read(doc, node{here, pair.Value})
}

// suggest names the key that was probably meant, or all that there are.
func (b Block) suggest(key string) string {
	all := names(b.Fields)
	if near, ok := check.Nearest(key, all); ok {
		return fmt.Sprintf("%q", near)
	}
	return "one of " + strings.Join(all, ", ")
}

func (l List) read(doc *Document, at node) {
	doc.items(at, l, func(item node) { Block{Fields: l.Each()}.read(doc, item) })
}

// items calls read for each item of a list; what is no list, or an empty one, is wrong.
func (d *Document) items(at node, v Value, read func(item node)) {
	list, ok := at.Node.(*ast.SequenceNode)
	if !ok || len(list.Values) == 0 {
		d.wrong(at, v)
		return
	}
	for i, value := range list.Values {
		path := fmt.Sprintf("%s[%d]", at.path, i)
		d.lines[path] = line(value)
		read(node{path, value})
	}
}

func (t Text) read(doc *Document, at node) {
	var v string
	switch n := at.Node.(type) {
	case *ast.StringNode:
		v = n.Value
		if looksLikeNumber(n) {
			doc.wrong(at, t)
			return
		}
	case *ast.LiteralNode:
		v = n.Value.Value
	default:
		doc.wrong(at, t)
		return
	}
	if !t.accepts(v) {
		doc.Want(false, at.path, v, t.meant(v))
		return
	}
	*t.To = v
}

// number is what YAML 1.2's core schema takes for a number
// (https://yaml.org/spec/1.2.2/#1032-tag-resolution); the parser takes some of it,
// such as 0123456789, for text.
var number = regexp.MustCompile(`^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)$`)

// looksLikeNumber tells whether a text without quotes is a number to other readers.
func looksLikeNumber(n *ast.StringNode) bool {
	return n.Token.Type == token.StringType && number.MatchString(n.Value)
}

// meant is want, with the allowed value nearest to v when there is one.
func (t Text) meant(v string) string {
	if near, ok := check.Nearest(v, t.OneOf); ok {
		return fmt.Sprintf("%s (%q?)", t.want(), near)
	}
	return t.want()
}

func (t Texts) read(doc *Document, at node) {
	doc.items(at, t, func(item node) {
		each, text := t.Each, ""
		each.To = &text
		each.read(doc, item)
		doc.Want(text == "" || !slices.Contains(*t.To, text), item.path, text, "each once")
		*t.To = append(*t.To, text)
	})
}

func (n Number) read(doc *Document, at node) {
	number, ok := at.Node.(*ast.IntegerNode)
	if !ok {
		doc.wrong(at, n)
		return
	}
	v, err := strconv.Atoi(number.GetToken().Value)
	if err != nil || v < n.Least || v > n.Most {
		doc.Want(false, at.path, Phrase(number.GetToken().Value), n.want())
		return
	}
	*n.To = v
}

func (f Flag) read(doc *Document, at node) {
	b, ok := at.Node.(*ast.BoolNode)
	if !ok {
		doc.wrong(at, f)
		return
	}
	*f.To = b.Value
}

// wrong records that a value is of another kind than described.
func (d *Document) wrong(at node, v Value) {
	d.Want(false, at.path, kind(at.Node), v.want())
}

// kind says what stands there, for a person.
func kind(n ast.Node) any {
	switch n := n.(type) {
	case *ast.StringNode:
		if looksLikeNumber(n) {
			return Phrase(n.Value + " (a number)")
		}
		return n.Value
	case *ast.NullNode:
		return Phrase("empty")
	case *ast.BoolNode:
		return Phrase(n.GetToken().Value + " (a flag)")
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return Phrase(n.GetToken().Value + " (a number)")
	case *ast.SequenceNode:
		return Phrase(fmt.Sprintf("a list of %d", len(n.Values)))
	case *ast.MappingNode:
		return Phrase("a block of keys")
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return Phrase("an anchor, alias or tag (write the value itself)")
	}
	return Phrase("a " + n.Type().String())
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
