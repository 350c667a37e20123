package check

import (
	"errors"
	"testing"
)

func TestFaultReadsAsASentence(t *testing.T) {
	faults := Of("glue.JobProps")
	faults.Want(false, "Name", "", "1 to 255 characters")
	faults.Want(true, "Workers", 0, "2 or more")
	faults.Want(false, "Retries", 11, "0 to 10")
	want := "glue.JobProps.Name is \"\"; want 1 to 255 characters\nglue.JobProps.Retries is 11; want 0 to 10"
	if got := faults.Err().Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var fault *Fault
	if !errors.As(faults.Err(), &fault) || fault.Field != "glue.JobProps.Name" {
		t.Errorf("errors.As found %+v", fault)
	}
}

func TestNoFaultIsNil(t *testing.T) {
	faults := Of("x")
	faults.Add(nil)
	if err := faults.Err(); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"account", "region", "schedule"}
	for got, want := range map[string]string{"acount": "account", "Region": "region", "shedule": "schedule", "colour": ""} {
		near, ok := Nearest(got, names)
		if ok != (want != "") || ok && near != want {
			t.Errorf("Nearest(%q) = %q, %v; want %q", got, near, ok, want)
		}
	}
	if _, ok := Nearest("x", nil); ok {
		t.Error("no candidates, yet one was near")
	}
}

func TestOneOf(t *testing.T) {
	for want, values := range map[string][]string{`"a"`: {"a"}, `"a" or "b"`: {"a", "b"}, `"a", "b" or "c"`: {"a", "b", "c"}} {
		if got := OneOf(values); got != want {
			t.Errorf("got %s; want %s", got, want)
		}
	}
}

func TestSuggest(t *testing.T) {
	for got, want := range map[string]string{"acount": `a key; nearest is "account"`, "account": "a key", "colour": "a key"} {
		if said := Suggest("a key", got, []string{"account", "region"}); said != want {
			t.Errorf("of %q: %s; want %s", got, said, want)
		}
	}
}
