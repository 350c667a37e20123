package report

import (
	"strings"
	"testing"
)

func TestProgress(t *testing.T) {
	var out strings.Builder
	p := NewProgress(Plain(&out), "download", "install")
	run := func(task *Task) { task.State = Running }
	p.Change("download", run)
	p.Change("download", func(task *Task) { task.State, task.Note = Done, "3 files" })
	p.Change("no such task", run)
	p.Add("check")
	p.Change("check", run)
	p.Finish() // whoever ran the check has stopped
	var got []string
	for _, task := range p.Tasks() {
		got = append(got, task.Name+" "+task.word()+" "+task.Note)
	}
	want := "download done 3 files,install waiting ,check failed "
	if strings.Join(got, ",") != want {
		t.Errorf("got  %q\nwant %q", strings.Join(got, ","), want)
	}
	if printed := out.String(); strings.Count(printed, "check") != 2 || strings.Contains(printed, "install") {
		t.Errorf("each change of a state is one line, and what waits is none:\n%s", printed)
	}
}
