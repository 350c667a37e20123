package preview

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/lakekeel/lakekeel/internal/check"
)

// A node is a part of a calculation. The page computes it (page/expression.js), and [node.sql] writes it for Athena.
// The language is https://docs.aws.amazon.com/quicksight/latest/user/calculated-field-reference.html; of its functions
// those are known that page/expression.js has.
type node struct {
	Number    *float64 `json:"number,omitempty"`
	Text      *string  `json:"text,omitempty"`
	Column    string   `json:"column,omitempty"`
	Parameter string   `json:"parameter,omitempty"`
	Call      string   `json:"call,omitempty"` // a function or an operator
	Of        []node   `json:"of,omitempty"`
}

var token = regexp.MustCompile(`^\s*(?:(\d+(?:\.\d+)?)|'([^']*)'|"([^"]*)"|\$\{(\w+)\}|\{([^{}]+)\}|([A-Za-z_]\w*)|(<>|<=|>=|[-+*/%^=<>(),\[\]]))`)

type tokenKind int

const (
	atNumber tokenKind = iota + 1
	atText
	atQuoted
	atParameter
	atColumn
	atWord
	atSign
)

// A parser goes through the text of one calculation. A fault is thrown to [parse].
type parser struct {
	rest string
	kind tokenKind
	text string
}

type syntax string

// parse reads a calculation.
func parse(expression string) (tree node, err error) {
	defer func() {
		if fault, is := recover().(syntax); is {
			err = fmt.Errorf("the calculation %q: %s", expression, string(fault))
		}
	}()
	p := &parser{rest: expression}
	p.next()
	tree = p.binary(0)
	if p.kind != 0 {
		p.fail("%q is not expected", p.text)
	}
	return tree, nil
}

func (p *parser) fail(format string, args ...any) { panic(syntax(fmt.Sprintf(format, args...))) }

func (p *parser) next() {
	match := token.FindStringSubmatchIndex(p.rest)
	if match == nil {
		if strings.TrimSpace(p.rest) != "" {
			p.fail("%q is not understood", strings.TrimSpace(p.rest))
		}
		p.kind, p.text = 0, "the end"
		return
	}
	for group := 1; group < len(match)/2; group++ {
		if from := match[2*group]; from >= 0 {
			p.kind, p.text = tokenKind(group), p.rest[from:match[2*group+1]]
		}
	}
	if p.kind == atQuoted {
		p.kind = atText
	}
	p.rest = p.rest[match[1]:]
}

// is says whether the sign, or the word in any case, stands here, and steps over it.
func (p *parser) is(what string) bool {
	if (p.kind == atSign || p.kind == atWord) && strings.EqualFold(p.text, what) {
		p.next()
		return true
	}
	return false
}

func (p *parser) want(sign string) {
	if !p.is(sign) {
		p.fail("want %q before %q", sign, p.text)
	}
}

var operators = [][]string{{"or"}, {"and"}, {"=", "<>", "<=", ">=", "<", ">"}, {"+", "-"}, {"*", "/", "%"}, {"^"}}

func (p *parser) binary(level int) node {
	if level == len(operators) {
		return p.unary()
	}
	left := p.binary(level + 1)
	for {
		found := ""
		for _, operator := range operators[level] {
			if p.is(operator) {
				found = operator
				break
			}
		}
		if found == "" {
			return left
		}
		left = node{Call: found, Of: []node{left, p.binary(level + 1)}}
	}
}

func (p *parser) unary() node {
	switch {
	case p.is("-"):
		zero := 0.0
		return node{Call: "-", Of: []node{{Number: &zero}, p.unary()}}
	case p.is("not"):
		return node{Call: "not", Of: []node{p.unary()}}
	case p.is("("):
		inner := p.binary(0)
		p.want(")")
		return inner
	}
	kind, text := p.kind, p.text
	p.next()
	switch kind {
	case atNumber:
		number, _ := strconv.ParseFloat(text, 64)
		return node{Number: &number}
	case atText:
		return node{Text: &text}
	case atColumn:
		return node{Column: text}
	case atParameter:
		return node{Parameter: text}
	case atWord:
		if p.is("(") {
			return p.call(text)
		}
		return node{Column: text}
	}
	p.fail("%q is not expected", text)
	return node{}
}

func (p *parser) call(name string) node {
	call := node{Call: known(p, name)}
	for !p.is(")") {
		if len(call.Of) > 0 {
			p.want(",")
		}
		if p.kind == atSign && p.text == "[" {
			p.fail("groups in brackets are not in the preview")
		}
		call.Of = append(call.Of, p.binary(0))
	}
	if least, most := arity(call.Call); len(call.Of) < least || len(call.Of) > most {
		p.fail("%s takes another number of arguments than %d", name, len(call.Of))
	}
	return call
}

func known(p *parser, name string) string {
	var names []string
	for one := range templates {
		if strings.EqualFold(one, name) {
			return one
		}
		names = append(names, one)
	}
	near, ok := check.Nearest(strings.ToLower(name), names)
	if ok {
		p.fail("the function %s is not in the preview; did you mean %s?", name, near)
	}
	p.fail("the function %s is not in the preview", name)
	return ""
}
