package jsontree

import (
	"reflect"
	"testing"
)

func TestObjectLeavesOutWhatIsEmpty(t *testing.T) {
	got := Object("a", "", "b", nil, "c", []any{}, "d", map[string]any{}, "e", 0, "f", false, "g", "x")
	if want := map[string]any{"e": 0, "f": false, "g": "x"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v; want %v", got, want)
	}
}

func TestDiffIsWhatMergeTakes(t *testing.T) {
	object := func(v any) map[string]any { return Plain(v).(map[string]any) }
	from := object(map[string]any{"same": 1, "gone": true, "in": map[string]any{"a": 1, "b": 2}, "list": []int{1}})
	to := object(map[string]any{"same": 1, "new": "x", "in": map[string]any{"a": 1, "c": 3}, "list": []int{1, 2}})
	patch := Diff(from, to)
	want := object(map[string]any{"gone": nil, "new": "x", "in": map[string]any{"b": nil, "c": 3}, "list": []int{1, 2}})
	if !reflect.DeepEqual(patch, want) {
		t.Errorf("got  %v\nwant %v", patch, want)
	}
	if got := Merge(from, patch); !reflect.DeepEqual(got, to) {
		t.Errorf("merged to %v; want %v", got, to)
	}
	if _, kept := from["gone"]; !kept {
		t.Error("Merge changed its argument")
	}
	if patch := Diff(to, to); patch != nil {
		t.Errorf("equal trees differ by %v", patch)
	}
}

func TestNodeReadsWhatIsNotThereAsZero(t *testing.T) {
	n := Of(Plain(map[string]any{"a": map[string]any{"b": []any{"x", 2, true}}}))
	if got := n.At("a", "b").Texts(); !reflect.DeepEqual(got, []string{"x", "", ""}) {
		t.Errorf("texts are %q", got)
	}
	if n.At("a").Only() != "b" || n.At("a", "b").List()[1].Int() != 2 || !n.At("a", "b").List()[2].True() {
		t.Error("read other values than stand there")
	}
	if missing := n.At("z", "b"); missing.Is() || missing.Text() != "" || missing.Int() != 0 || missing.True() || len(missing.List()) != 0 || missing.Only() != "" {
		t.Error("something was read where nothing stands")
	}
}
