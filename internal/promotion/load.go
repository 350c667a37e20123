package promotion

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/lakekeel/lakekeel/internal/config"
)

// File is the plan as [Load] reads it: JSON, which is YAML too.
func (p Plan) File() []byte {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		panic(err) // it holds texts and numbers alone
	}
	return append(text, '\n')
}

// Load reads a plan from a file. Faults name the file and the line.
func Load(file string) (Plan, error) {
	var plan Plan
	text, err := os.ReadFile(file)
	if err != nil {
		return plan, fmt.Errorf("configuration: %w", err)
	}
	if err := config.Read(file, text, plan.Fields()).Err(); err != nil {
		return plan, err
	}
	return plan, plan.Validate()
}
