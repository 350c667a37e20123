package report

import (
	"strings"
	"testing"
	"time"
)

func TestBoardOnAPipe(t *testing.T) {
	var out strings.Builder
	board := NewBoard(Plain(&out))
	tasks := []Task{{Name: "t_start", Kind: "trigger"}, {Name: "j_long_name", Kind: "job"}}
	show := func(i int, state State, elapsed time.Duration, note string) {
		tasks[i].State, tasks[i].Elapsed, tasks[i].Note = state, elapsed, note
		board.Show(tasks)
	}
	board.Show(tasks)
	show(0, Running, 0, "")
	show(0, Running, time.Second, "") // no news
	show(0, Done, 1300*time.Millisecond, "")
	show(1, Failed, 65*time.Second, "ValueError: no rows")
	board.Finish(tasks)
	want := "▸ t_start      trigger  running\n" +
		"✓ t_start      trigger  done        1.3s\n" +
		"✗ j_long_name  job      failed    1m05s  ValueError: no rows\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestBoardOnATerminal(t *testing.T) {
	var out strings.Builder
	board := NewBoard(Terminal{Out: &out, Live: true, Width: func() int { return 24 }})
	tasks := []Task{{Name: "a", State: Done, Elapsed: time.Second}, {Name: "b", Note: "a note that is too long for the line"}}
	board.Show(tasks)
	first := out.String()
	want := "✓ a  done        1.0s\x1b[K\n· b  waiting           …\x1b[K\n" + strings.Repeat("━", 23) + "…\x1b[K\n"
	if first != want {
		t.Errorf("got\n%q\nwant\n%q", first, want)
	}
	out.Reset()
	board.Show(tasks)
	if got := out.String(); got != "\r\x1b[3A"+want {
		t.Errorf("drawn again: %q", got)
	}
	out.Reset()
	board.Finish(tasks[:1])
	if got := out.String(); got != "\r\x1b[3A\x1b[J✓ a  done     1.0s\n" {
		t.Errorf("finished: %q", got)
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "", 400 * time.Millisecond: "0.4s", 59940 * time.Millisecond: "59.9s", 59960 * time.Millisecond: "1m00s",
		245 * time.Second: "4m05s", 123 * time.Minute: "2h03m",
	} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%s) = %q; want %q", d, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	text := func(s string) Cell { return &s }
	table := Table{
		Columns: []Column{{Name: "country", Type: "varchar"}, {Name: "Cases", Type: "bigint"}, {Name: "ok", Type: "boolean"}},
		Rows: [][]Cell{
			{text("Österreich, \"AT\""), text("12"), text("true")},
			{nil, text("NaN"), nil},
			{text(""), nil, text("false")},
		},
	}
	var out strings.Builder
	table.Text(Plain(&out))
	wantText := strings.Join([]string{
		"country           Cases  ok",
		"────────────────  ─────  ─────",
		"Österreich, \"AT\"     12  true",
		"                    NaN",
		"                         false",
		"",
	}, "\n")
	if got := out.String(); got != wantText {
		t.Errorf("got\n%s\nwant\n%s", got, wantText)
	}
	out.Reset()
	if err := table.JSON(&out); err != nil {
		t.Fatal(err)
	}
	wantJSON := `[
  {"country": "Österreich, \"AT\"", "Cases": 12, "ok": true},
  {"country": null, "Cases": "NaN", "ok": null},
  {"country": "", "Cases": null, "ok": false}
]
`
	if got := out.String(); got != wantJSON {
		t.Errorf("got\n%s\nwant\n%s", got, wantJSON)
	}
	out.Reset()
	if err := table.CSV(&out); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "country,Cases,ok\n\"Österreich, \"\"AT\"\"\",12,true\n,NaN,\n,,false\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestEmptyTable(t *testing.T) {
	var out strings.Builder
	if err := (Table{Columns: []Column{{Name: "n"}}}).JSON(&out); err != nil || out.String() != "[]\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}
