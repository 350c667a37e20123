package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
)

// A State is how far a task has come.
type State int

// The states of a task, in the order in which it passes through them.
const (
	Waiting State = iota
	Running
	Done
	Failed
	Stopped
)

// A Task is one line of a [Board].
type Task struct {
	Name    string // e.g. "j_neherlab_denorm"
	Kind    string // e.g. "job"; may be empty
	State   State
	Word    string        // the state in the words of whoever runs it; empty for ours
	Elapsed time.Duration // since it started, as far as it has; zero shows nothing
	Note    string        // e.g. why it failed
}

// A Board shows tasks and how far they are: on a terminal one line each,
// redrawn in place with a bar below; elsewhere one line whenever a task's
// state changes.
type Board struct {
	terminal Terminal
	drawn    int // lines on the screen that the next drawing replaces
	shown    map[string]string
	frame    int
}

// NewBoard returns an empty board.
func NewBoard(terminal Terminal) *Board {
	return &Board{terminal: terminal, shown: map[string]string{}}
}

// Show brings the board up to date.
func (b *Board) Show(tasks []Task) {
	if !b.terminal.Live {
		b.log(tasks)
		return
	}
	b.frame++
	lines := append(b.lines(tasks), b.bar(tasks))
	var out strings.Builder
	out.WriteString(b.rewind())
	for _, line := range lines {
		out.WriteString(b.fit(line) + "\x1b[K\n")
	}
	fmt.Fprint(b.terminal.Out, out.String())
	b.drawn = len(lines)
}

// Finish draws the board for the last time, without the bar.
func (b *Board) Finish(tasks []Task) {
	if !b.terminal.Live {
		b.log(tasks)
		return
	}
	var out strings.Builder
	out.WriteString(b.rewind() + "\x1b[J")
	for _, line := range b.lines(tasks) {
		out.WriteString(b.fit(line) + "\n")
	}
	fmt.Fprint(b.terminal.Out, out.String())
	b.drawn = 0
}

// rewind moves the cursor to the first line of what was drawn.
func (b *Board) rewind() string {
	if b.drawn == 0 {
		return ""
	}
	return fmt.Sprintf("\r\x1b[%dA", b.drawn)
}

// fit cuts a line to the width of the terminal: one that wraps could not be replaced.
func (b *Board) fit(line string) string {
	if width := b.terminal.Width(); width > 0 && text.StringWidthWithoutEscSequences(line) > width {
		return text.Trim(line, width-1) + "…"
	}
	return line
}

// log prints the tasks whose state has changed since they were last shown; tasks that wait are not news.
func (b *Board) log(tasks []Task) {
	for i, line := range b.lines(tasks) {
		task := tasks[i]
		key := fmt.Sprint(task.State, task.word())
		if task.State != Waiting && b.shown[task.Name] != key {
			fmt.Fprintln(b.terminal.Out, line)
		}
		b.shown[task.Name] = key
	}
}

func (b *Board) lines(tasks []Task) []string {
	var name, kind, word int
	for _, task := range tasks {
		name, kind, word = max(name, text.StringWidth(task.Name)), max(kind, len(task.Kind)), max(word, len(task.word()))
	}
	var lines []string
	for _, task := range tasks {
		columns := []string{b.mark(task) + " " + pad(task.Name, name)}
		if kind > 0 {
			columns = append(columns, b.terminal.Paint(Faint, pad(task.Kind, kind)))
		}
		columns = append(columns, b.terminal.Paint(task.color(), pad(task.word(), word)), fmt.Sprintf("%7s", Duration(task.Elapsed)))
		if task.Note != "" {
			columns = append(columns, task.Note)
		}
		lines = append(lines, strings.TrimRight(strings.Join(columns, "  "), " "))
	}
	return lines
}

func pad(s string, width int) string { return text.AlignLeft.Apply(s, width) }

var spinner = []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")

func (b *Board) mark(task Task) string {
	marks := map[State]string{Waiting: "·", Running: "▸", Done: "✓", Failed: "✗", Stopped: "■"}
	mark := marks[task.State]
	if task.State == Running && b.terminal.Live {
		mark = string(spinner[b.frame%len(spinner)])
	}
	return b.terminal.Paint(task.color(), mark)
}

func (t Task) color() Color {
	return map[State]Color{Waiting: Faint, Running: Busy, Done: Good, Failed: Bad, Stopped: Bad}[t.State]
}

func (t Task) word() string {
	if t.Word != "" {
		return t.Word
	}
	return map[State]string{Waiting: "waiting", Running: "running", Done: "done", Failed: "failed", Stopped: "stopped"}[t.State]
}

// barWidth is how many characters the bar has.
const barWidth = 30

func (b *Board) bar(tasks []Task) string {
	ended := 0
	for _, task := range tasks {
		if task.State > Running {
			ended++
		}
	}
	full := barWidth
	if len(tasks) > 0 {
		full = barWidth * ended / len(tasks)
	}
	return fmt.Sprintf("%s%s %d of %d", b.terminal.Paint(Good, strings.Repeat("━", full)),
		b.terminal.Paint(Faint, strings.Repeat("━", barWidth-full)), ended, len(tasks))
}

// Duration prints a time span in at most seven characters: 0.4s, 12.3s, 4m05s, 2h03m. Nothing for zero.
func Duration(d time.Duration) string {
	switch d = d.Round(100 * time.Millisecond); {
	case d <= 0:
		return ""
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}
