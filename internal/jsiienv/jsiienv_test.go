package jsiienv

import (
	"os"
	"testing"
)

const variable = "LAKEKEEL_JSIIENV_TEST"

// TestMain is the test: the program it starts again has the variable from the
// beginning, as jsii would see it.
func TestMain(m *testing.M) {
	if err := Default(map[string]string{variable: "default"}); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

var atInit = os.Getenv(variable)

func TestTheVariableIsThereBeforeMain(t *testing.T) {
	if atInit == "" {
		t.Error("packages were initialized without the variable")
	}
}

func TestWhatIsSetStays(t *testing.T) {
	t.Setenv(variable, "mine")
	if err := Default(map[string]string{variable: "default"}); err != nil || os.Getenv(variable) != "mine" {
		t.Errorf("%q, %v", os.Getenv(variable), err)
	}
}
