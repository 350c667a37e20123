package policy

import (
	"encoding/json"
	"strings"
)

// Text is v as JSON, for a property that takes a text: tokens in it are left as they
// are, and nothing is escaped for HTML. It panics if v has no JSON.
func Text(v any) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}
