package gocode

import (
	"cmp"
	"fmt"
	"go/format"
	"go/token"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/lakekeel/lakekeel/constructs/quicksight/assets"
	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/constructs/quicksight/report"
)

// A file is one file of the package, while it is written.
type file struct {
	about string
	body  strings.Builder
	printer
}

// Write is the package of a set, by the names of its files. from is where the set was read, for the comment.
func Write(set assets.Set, pkg, from string) (map[string][]byte, error) {
	if !token.IsIdentifier(pkg) || pkg != strings.ToLower(pkg) {
		return nil, fmt.Errorf("%q is no name of a Go package; want small letters and digits", pkg)
	}
	w := &writer{names: map[string]bool{"All": true}, datasets: map[string]dataset.Definition{}, of: map[string]string{}, files: map[string]*file{}}
	all := w.file("all.go", "Package "+pkg+" holds the definitions of "+from+".")
	fmt.Fprintf(&all.body, "// All is everything of the bundle.\nvar All = %s{\n", all.typeName(reflect.TypeOf(set)))
	w.list("Datasets", "datasets.go", "the datasets.", len(set.Datasets), func(i int) (string, string, string, any) {
		d := set.Datasets[i]
		return "Dataset", d.Name, d.ID, d
	})
	w.list("Topics", "topics.go", "the topics.", len(set.Topics), func(i int) (string, string, string, any) {
		t := set.Topics[i]
		return "Topic", t.Name, t.ID, t
	})
	w.list("Themes", "themes.go", "the themes.", len(set.Themes), func(i int) (string, string, string, any) {
		t := set.Themes[i]
		return "Theme", t.Name, t.ID, t
	})
	w.list("Analyses", "analyses.go", "the analyses.", len(set.Analyses), func(i int) (string, string, string, any) {
		r := set.Analyses[i]
		return "Analysis", r.Name, r.ID, r
	})
	w.list("Dashboards", "dashboards.go", "the dashboards.", len(set.Dashboards), func(i int) (string, string, string, any) {
		r := set.Dashboards[i]
		return "Dashboard", r.Name, r.ID, r
	})
	w.list("Others", "others.go", "what has no type: its constructs are in constructs/quicksight.", len(set.Others), func(i int) (string, string, string, any) {
		o := set.Others[i]
		return title(o.Type), "", o.ID, o
	})
	all.body.WriteString("}\n")
	return w.formatted(pkg)
}

type writer struct {
	names    map[string]bool               // taken
	datasets map[string]dataset.Definition // by the names of their variables
	of       map[string]string             // the variable of a dataset, by its id
	files    map[string]*file
}

func (w *writer) file(name, about string) *file {
	if w.files[name] == nil {
		w.files[name] = &file{about: about, printer: printer{imports: map[string]bool{}, named: w.named}}
	}
	return w.files[name]
}

// list writes a variable for each value into a file, and their names into All.
func (w *writer) list(field, name, about string, n int, item func(i int) (kind, name, id string, value any)) {
	if n == 0 {
		return
	}
	f, all := w.file(name, about), w.file("all.go", "")
	if field == "Datasets" {
		f.named = nil // a table that has the columns of another by chance is not made of it
	}
	var variables []string
	for i := range n {
		kind, label, id, value := item(i)
		variable := w.free(kind, label, id)
		fmt.Fprintf(&f.body, "\n// %s is the %s %q.\nvar %s = %s\n", variable, strings.ToLower(kind), id, variable, f.literal(reflect.ValueOf(value), false))
		if d, is := value.(dataset.Definition); is {
			w.datasets[variable], w.of[d.ID] = d, variable
		}
		variables = append(variables, variable)
	}
	t, _ := reflect.TypeFor[assets.Set]().FieldByName(field)
	fmt.Fprintf(&all.body, "%s: %s{%s},\n", field, all.typeName(t.Type), strings.Join(variables, ", "))
}

// named writes the columns of a dataset by its variable, and a report's dataset that is just that.
func (w *writer) named(v reflect.Value) (string, bool) {
	if !v.CanInterface() {
		return "", false
	}
	switch x := v.Interface().(type) {
	case report.Dataset:
		if variable := w.of[x.ID]; variable != "" && reflect.DeepEqual(x, report.Of(w.datasets[variable])) {
			return "report.Of(" + variable + ")", true
		}
	case []dataset.Column:
		for _, variable := range slices.Sorted(maps.Keys(w.datasets)) {
			if len(x) > 0 && slices.Equal(x, w.datasets[variable].Output()) {
				return variable + ".Output()", true
			}
		}
	}
	return "", false
}

// free is a name for a variable: of the words of what people see, or of the id, and the kind.
func (w *writer) free(kind, label, id string) string {
	name := cmp.Or(words(label), words(id))
	if !strings.HasSuffix(name, kind) {
		name += kind
	}
	if first := []rune(name)[0]; !unicode.IsUpper(first) {
		name = kind + strings.TrimSuffix(name, kind)
	}
	for n, base := 2, name; w.names[name]; n++ {
		name = fmt.Sprintf("%s%d", base, n)
	}
	w.names[name] = true
	return name
}

// words are the words of a text as one, each with a large first letter.
func words(text string) string {
	var out strings.Builder
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		out.WriteString(title(word))
	}
	return out.String()
}

func title(word string) string {
	runes := []rune(word)
	return string(unicode.ToUpper(runes[0])) + string(runes[1:])
}

// formatted are the files as gofmt has them.
func (w *writer) formatted(pkg string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for name, f := range w.files {
		about := "// This file holds " + f.about + "\n\n"
		if name == "all.go" {
			about = "// " + f.about + "\n//\n// Written by lakekeel quicksight import, once: it is yours now.\n"
		}
		var source strings.Builder
		source.WriteString(about + "package " + pkg + "\n\nimport (\n")
		for _, group := range []bool{true, false} {
			for _, path := range slices.Sorted(maps.Keys(f.imports)) {
				if group == !strings.Contains(path, ".") {
					fmt.Fprintf(&source, "%q\n", path)
				}
			}
			source.WriteString("\n")
		}
		source.WriteString(")\n\n" + f.body.String())
		text, err := format.Source([]byte(source.String()))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err) // a bug of ours
		}
		out[name] = text
	}
	return out, nil
}
