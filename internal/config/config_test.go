package config

import (
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

type sample struct {
	name, colour, cron string
	on                 bool
	one, two           string
	parts              []string
}

func (s *sample) fields() []Field {
	return []Field{
		{Name: "name", Required: true, Doc: "Its name.", Value: Text{To: &s.name, Pattern: `^[A-Z][a-z]+$`, Want: "a capital letter, then small ones"}},
		{Name: "colour", Doc: "Its colour.", Value: Text{To: &s.colour, OneOf: []string{"red", "green"}, Default: "red"}},
		{Name: "cron", Doc: "When.", Value: Text{To: &s.cron, Check: func(v string) bool { return v == "daily" }, Want: "daily"}},
		{Name: "on", Doc: "Whether.", Value: Flag{To: &s.on}},
		{Name: "either", Doc: "One of two.", Value: Block{OneOnly: true, Fields: []Field{
			{Name: "one", Doc: "First.", Value: Text{To: &s.one}}, {Name: "two", Doc: "Second.", Value: Text{To: &s.two}},
		}}},
		{Name: "parts", Doc: "Its parts.", Value: List{Each: func() []Field {
			s.parts = append(s.parts, "")
			return []Field{{Name: "id", Required: true, Doc: "Id.", Value: Text{To: &s.parts[len(s.parts)-1]}}}
		}}},
	}
}

func TestReadTellsEveryFaultWithItsLine(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"all is well":                     {"name: Anna\ncolour: green\non: true\neither: {one: x}\nparts:\n  - id: a\n", ""},
		"a byte order mark is no fault":   {"\ufeffname: Anna\n", ""},
		"carriage returns are no fault":   {"name: Anna\r\non: true\r\n", ""},
		"a comment is no fault":           {"# hello\nname: Anna # there\n", ""},
		"text may stand in quotes":        {"name: \"Anna\"\ncolour: 'red'\n", ""},
		"an empty file":                   {"", `f.yaml:1 is empty; want a block with the keys name, colour, cron, on, either, parts`},
		"only comments":                   {"# hello\n", `f.yaml:1 is empty; want a block with the keys name, colour, cron, on, either, parts`},
		"a list as the file":              {"- a\n", `f.yaml:1 is a list of 1; want a block with the keys name, colour, cron, on, either, parts`},
		"a word as the file":              {"hello\n", `f.yaml:1 is "hello"; want a block with the keys name, colour, cron, on, either, parts`},
		"an unclosed quote":               {"name: 'Anna\n", `f.yaml:1 is not YAML (could not find end character of single-quoted text); want a block with the keys name, colour, cron, on, either, parts`},
		"a tab for indentation":           {"name: Anna\neither:\n\tone: x\n", `f.yaml:3 is not YAML (found character '	' that cannot start any token); want a block with the keys name, colour, cron, on, either, parts`},
		"bytes that are no UTF-8":         {"name: Anna\ncolour: \xff\n", `f.yaml:2 is not UTF-8; want text in UTF-8`},
		"a second document":               {"name: Anna\n---\nname: Bert\n", `f.yaml:3 is a second document; want one document in the file`},
		"a misspelt key":                  {"nme: Anna\n", "f.yaml:1: nme is an unknown key; want \"name\"\nf.yaml:1: name is missing; want a capital letter, then small ones"},
		"a key in another case":           {"Name: Anna\nname: Bert\n", `f.yaml:1: Name is an unknown key; want "name"`},
		"a key like no other":             {"name: Anna\nzzz: 1\n", `f.yaml:2: zzz is an unknown key; want one of name, colour, cron, on, either, parts`},
		"a number as a key":               {"name: Anna\n12: 1\n", `f.yaml:2: 12 is an unknown key; want one of name, colour, cron, on, either, parts`},
		"a merge key":                     {"name: Anna\neither:\n  <<: {one: x}\n  two: y\n", `f.yaml:3: either.<< is an unknown key; want one of one, two`},
		"a key twice":                     {"name: Anna\nname: Bert\n", `f.yaml:2: name is there a second time; want each key once (the first is on line 1)`},
		"a required key left out":         {"on: true\n", `f.yaml:1: name is missing; want a capital letter, then small ones`},
		"a key without value":             {"name:\n", `f.yaml:1: name is empty; want a capital letter, then small ones`},
		"an empty text":                   {"name: \"\"\n", `f.yaml:1: name is ""; want a capital letter, then small ones`},
		"a text against its pattern":      {"name: anna\n", `f.yaml:1: name is "anna"; want a capital letter, then small ones`},
		"a text against its check":        {"name: Anna\ncron: never\n", `f.yaml:2: cron is "never"; want daily`},
		"a word near an allowed one":      {"name: Anna\ncolour: gren\n", `f.yaml:2: colour is "gren"; want one of red, green ("green"?)`},
		"a word unlike any":               {"name: Anna\ncolour: blue\n", `f.yaml:2: colour is "blue"; want one of red, green`},
		"a number for a text":             {"name: 012\n", `f.yaml:1: name is 012 (a number); want a capital letter, then small ones`},
		"digits that look octal":          {"name: 089\n", `f.yaml:1: name is 089 (a number); want a capital letter, then small ones`},
		"a number with an exponent":       {"name: 1e3\n", `f.yaml:1: name is 1e3 (a number); want a capital letter, then small ones`},
		"a value on the line below":       {"name: Anna\nparts:\n  id: a\n", `f.yaml:2: parts is a block of keys; want a list of blocks, one at least`},
		"a flag for a text":               {"name: true\n", `f.yaml:1: name is true (a flag); want a capital letter, then small ones`},
		"a block for a text":              {"name: {a: b}\n", `f.yaml:1: name is a block of keys; want a capital letter, then small ones`},
		"a list for a text":               {"name: [a, b]\n", `f.yaml:1: name is a list of 2; want a capital letter, then small ones`},
		"an alias":                        {"name: &x Anna\ncolour: *x\n", "f.yaml:1: name is an anchor, alias or tag (write the value itself); want a capital letter, then small ones\nf.yaml:2: colour is an anchor, alias or tag (write the value itself); want one of red, green"},
		"a tag":                           {"name: !!str Anna\n", `f.yaml:1: name is an anchor, alias or tag (write the value itself); want a capital letter, then small ones`},
		"YAML 1.1's yes for a flag":       {"name: Anna\non: yes\n", `f.yaml:2: on is "yes"; want true or false`},
		"a number for a flag":             {"name: Anna\non: 1\n", `f.yaml:2: on is 1 (a number); want true or false`},
		"a flag in quotes":                {"name: Anna\non: \"true\"\n", `f.yaml:2: on is "true"; want true or false`},
		"none of two alternatives":        {"name: Anna\neither: {}\n", `f.yaml:2: either is a block with 0 keys; want exactly one of one, two`},
		"both of two alternatives":        {"name: Anna\neither:\n  one: x\n  two: y\n", `f.yaml:2: either is a block with 2 keys; want exactly one of one, two`},
		"an unknown key as alternative":   {"name: Anna\neither:\n  onne: x\n", "f.yaml:3: either.onne is an unknown key; want \"one\""},
		"a text for a block":              {"name: Anna\neither: one\n", `f.yaml:2: either is "one"; want a block with the keys one, two`},
		"an empty list":                   {"name: Anna\nparts: []\n", `f.yaml:2: parts is a list of 0; want a list of blocks, one at least`},
		"a block for a list":              {"name: Anna\nparts: {id: a}\n", `f.yaml:2: parts is a block of keys; want a list of blocks, one at least`},
		"a text in a list of blocks":      {"name: Anna\nparts:\n  - a\n", `f.yaml:3: parts[0] is "a"; want a block with the keys id`},
		"a fault in the second of a list": {"name: Anna\nparts:\n  - id: a\n  - idd: b\n", "f.yaml:4: parts[1].idd is an unknown key; want \"id\"\nf.yaml:4: parts[1].id is missing; want some text"},
		"all at once, in the file's order": {"on: 3\nname: x\nparts:\n  - id: 7\n",
			"f.yaml:1: on is 3 (a number); want true or false\nf.yaml:2: name is \"x\"; want a capital letter, then small ones\nf.yaml:4: parts[0].id is 7 (a number); want some text"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := &sample{}
			checktest.Message(t, Read("f.yaml", []byte(test.text), s.fields()).Err(), test.want)
		})
	}
}

func TestReadFillsWhatTheFieldsPointTo(t *testing.T) {
	s := &sample{}
	doc := Read("f.yaml", []byte("name: Anna\non: true\neither:\n  two: |\n    long\nparts:\n  - id: a\n  - id: b\n"), s.fields())
	if err := doc.Err(); err != nil {
		t.Fatal(err)
	}
	if s.name != "Anna" || !s.on || s.one != "" || s.two != "long\n" || strings.Join(s.parts, ",") != "a,b" || s.colour != "" {
		t.Errorf("got %+v", s)
	}
	for path, want := range map[string]int{"name": 1, "either.two": 4, "parts[1]": 8, "parts[1].id": 8, "parts[1].nothing": 8, "nothing": 1} {
		if got := doc.Line(path); got != want {
			t.Errorf("line of %s is %d; want %d", path, got, want)
		}
	}
	if !doc.Has("either.two") || doc.Has("either.one") {
		t.Error("Has does not tell what is there")
	}
}

func TestRulesOverSeveralKeysJoinTheOthers(t *testing.T) {
	s := &sample{}
	doc := Read("f.yaml", []byte("name: Anna\non: 3\nparts:\n  - id: a\n"), s.fields())
	doc.Want(false, "parts[0].id", "a", "an id that no other part has")
	doc.Want(true, "name", "Anna", "anything")
	want := "f.yaml:2: on is 3 (a number); want true or false\nf.yaml:4: parts[0].id is \"a\"; want an id that no other part has"
	checktest.Message(t, doc.Err(), want)
}

func TestSchemaIsTheSameEachTime(t *testing.T) {
	a, b := Schema("sample", (&sample{}).fields()), Schema("sample", (&sample{}).fields())
	if string(a) != string(b) || !strings.HasSuffix(string(a), "}\n") {
		t.Errorf("%s\n%s", a, b)
	}
}

func TestTextsAndNumbers(t *testing.T) {
	var words []string
	var count int
	fields := func() []Field {
		return []Field{
			{Name: "words", Doc: "Words.", Value: Texts{To: &words, Each: Text{Pattern: `^[a-z]+$`, Want: "small letters"}}},
			{Name: "count", Doc: "How many.", Value: Number{To: &count, Least: 2, Most: 4, Default: 2}},
		}
	}
	for text, want := range map[string]string{
		"words: [a, b]\ncount: 3\n":     "",
		"words:\n  - a\n  - A\n":        `f.yaml:3: words[1] is "A"; want small letters`,
		"words: [a, a]\n":               `f.yaml:1: words[1] is "a"; want each once`,
		"words: []\n":                   `f.yaml:1: words is a list of 0; want a list, one at least, of small letters`,
		"words: a\n":                    `f.yaml:1: words is "a"; want a list, one at least, of small letters`,
		"words: [1]\n":                  `f.yaml:1: words[0] is 1 (a number); want small letters`,
		"count: 5\n":                    `f.yaml:1: count is 5; want a whole number from 2 to 4`,
		"count: \"3\"\n":                `f.yaml:1: count is "3"; want a whole number from 2 to 4`,
		"count: 2.5\n":                  `f.yaml:1: count is 2.5 (a number); want a whole number from 2 to 4`,
		"count: 99999999999999999999\n": `f.yaml:1: count is 99999999999999999999 (a number); want a whole number from 2 to 4`,
	} {
		words, count = nil, 0
		err := Read("f.yaml", []byte(text), fields()).Err()
		checktest.Message(t, err, want)
		if err == nil && (strings.Join(words, "") != "ab" || count != 3) {
			t.Errorf("%q: got %v and %d", text, words, count)
		}
	}
	if schema := string(Schema("sample", fields())); !strings.Contains(schema, `"maximum": 4`) || !strings.Contains(schema, `"uniqueItems": true`) {
		t.Error(schema)
	}
}
