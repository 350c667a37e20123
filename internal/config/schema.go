package config

import (
	"bytes"
	"encoding/json"
)

// dialect is the version of JSON Schema that [Schema] is written in.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// Schema writes the description of a file as JSON Schema (draft 2020-12), with
// a line feed at the end and the same bytes for the same description. It says
// everything but [Text.Check] and the rules that span several keys.
func Schema(title string, fields []Field) []byte {
	root := Block{Fields: fields}.schema()
	root["$schema"], root["title"] = dialect, title
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(root); err != nil {
		panic(err) // maps of strings, flags and numbers: there is nothing that JSON cannot say
	}
	return out.Bytes()
}

func (b Block) schema() map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range b.Fields {
		property := f.Value.schema()
		property["description"] = f.Doc
		properties[f.Name] = property
		if f.Required {
			required = append(required, f.Name)
		}
	}
	out := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	if b.OneOnly {
		out["minProperties"], out["maxProperties"] = 1, 1
	}
	return out
}

func (l List) schema() map[string]any {
	return map[string]any{"type": "array", "minItems": 1, "items": Block{Fields: l.Each()}.schema()}
}

func (t Text) schema() map[string]any {
	out := map[string]any{"type": "string", "minLength": 1}
	if len(t.OneOf) > 0 {
		out["enum"] = t.OneOf
	}
	if t.Pattern != "" {
		out["pattern"] = t.Pattern
	}
	if t.Default != "" {
		out["default"] = t.Default
	}
	return out
}

func (t Texts) schema() map[string]any {
	return map[string]any{"type": "array", "minItems": 1, "uniqueItems": true, "items": t.Each.schema()}
}

func (n Number) schema() map[string]any {
	out := map[string]any{"type": "integer", "minimum": n.Least, "maximum": n.Most}
	if n.Default != 0 {
		out["default"] = n.Default
	}
	return out
}

func (Flag) schema() map[string]any { return map[string]any{"type": "boolean", "default": false} }
