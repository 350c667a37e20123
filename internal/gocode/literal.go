// Package gocode writes definitions of QuickSight as Go: a package of plain values that a team goes on with.
package gocode

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// width is how long a literal on one line may be.
const width = 110

// A printer writes values as Go literals.
type printer struct {
	imports map[string]bool
	// named is the expression for a value that has a name already, e.g. the columns of a dataset.
	named func(v reflect.Value) (string, bool)
}

// literal is v as Go; typed says that its type stands around it already.
func (p *printer) literal(v reflect.Value, typed bool) string {
	if p.named != nil {
		if name, is := p.named(v); is {
			return name
		}
	}
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return "nil"
		}
		return p.literal(v.Elem(), false)
	case reflect.Pointer:
		return "new(" + p.literal(v.Elem(), false) + ")"
	case reflect.Struct:
		if at, is := v.Interface().(time.Time); is {
			return p.time(at)
		}
		return p.composite(v.Type(), typed, p.fields(v))
	case reflect.Slice:
		var items []string
		for i := range v.Len() {
			items = append(items, p.literal(v.Index(i), v.Type().Elem().Kind() != reflect.Interface))
		}
		return p.composite(v.Type(), typed, items)
	case reflect.Map:
		var items []string
		for _, key := range slices.Sorted(maps.Keys(p.keys(v))) {
			items = append(items, strconv.Quote(key)+": "+p.literal(p.keys(v)[key], v.Type().Elem().Kind() != reflect.Interface))
		}
		return p.composite(v.Type(), typed, items)
	}
	return p.scalar(v, typed)
}

func (p *printer) keys(v reflect.Value) map[string]reflect.Value {
	out := map[string]reflect.Value{}
	for _, key := range v.MapKeys() {
		out[key.String()] = v.MapIndex(key)
	}
	return out
}

func (p *printer) fields(v reflect.Value) []string {
	var items []string
	for i := range v.NumField() {
		if field := v.Field(i); !empty(field) {
			items = append(items, v.Type().Field(i).Name+": "+p.literal(field, false))
		}
	}
	return items
}

func empty(v reflect.Value) bool {
	if v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		return v.Len() == 0
	}
	return v.IsZero()
}

// composite is a literal of a type, on one line if it fits.
func (p *printer) composite(t reflect.Type, typed bool, items []string) string {
	head := ""
	if !typed {
		head = p.typeName(t)
	}
	line := head + "{" + strings.Join(items, ", ") + "}"
	if len(line) <= width && !strings.Contains(line, "\n") {
		return line
	}
	return head + "{\n" + strings.Join(items, ",\n") + ",\n}"
}

// typeName is the type's name where it is used, and remembers what is to be imported for it.
func (p *printer) typeName(t reflect.Type) string {
	switch {
	case t.Name() == "" && t.Kind() == reflect.Slice:
		return "[]" + p.typeName(t.Elem())
	case t.Name() == "" && t.Kind() == reflect.Map:
		return "map[" + p.typeName(t.Key()) + "]" + p.typeName(t.Elem())
	case t.Kind() == reflect.Interface && t.Name() == "":
		return "any"
	case t.PkgPath() == "":
		return t.Name()
	}
	p.imports[t.PkgPath()] = true
	return path.Base(t.PkgPath()) + "." + t.Name()
}

func (p *printer) scalar(v reflect.Value, typed bool) string {
	switch v.Kind() {
	case reflect.String:
		text := v.String()
		if name, is := constants[path.Base(cmp.Or(v.Type().PkgPath(), "-"))+"."+v.Type().Name()][text]; is {
			p.imports[v.Type().PkgPath()] = true
			return path.Base(v.Type().PkgPath()) + "." + name
		}
		return quote(text)
	case reflect.Float64:
		text := strconv.FormatFloat(v.Float(), 'f', -1, 64)
		if !strings.Contains(text, ".") && !typed {
			return text + ".0"
		}
		return text
	}
	return fmt.Sprint(v.Interface())
}

// quote is text as Go: as it stands between back quotes where that reads better.
func quote(text string) string {
	escaped := strconv.Quote(text)
	if strings.ContainsAny(text, "\"\\\n") && !strings.ContainsAny(text, "`\r\ufeff") && strconv.CanBackquote(strings.ReplaceAll(text, "\n", "")) {
		return "`" + text + "`"
	}
	return escaped
}

func (p *printer) time(at time.Time) string {
	p.imports["time"] = true
	at = at.UTC()
	return fmt.Sprintf("time.Date(%d, %d, %d, %d, %d, %d, %d, time.UTC)", at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond())
}
