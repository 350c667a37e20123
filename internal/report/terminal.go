// Package report puts what the program has to say on the screen: live progress
// and colour on a terminal, plain lines anywhere else.
package report

import (
	"io"
	"os"

	"golang.org/x/term"
)

// A Terminal is where a command writes for a person.
type Terminal struct {
	Out   io.Writer
	Live  bool       // lines may be redrawn in place
	Color bool       // colours may be used
	Width func() int // columns of a line; zero when there is no limit
}

// On returns the terminal behind a file. Lines are redrawn only on a real
// terminal; colours stand there unless NO_COLOR is set to anything
// (https://no-color.org) or TERM is "dumb".
func On(file *os.File) Terminal {
	number := int(file.Fd())
	live := term.IsTerminal(number) && os.Getenv("TERM") != "dumb"
	return Terminal{Out: file, Live: live, Color: live && os.Getenv("NO_COLOR") == "", Width: func() int {
		width, _, err := term.GetSize(number)
		if err != nil {
			return 0
		}
		return width
	}}
}

// Plain returns a terminal that is none: a file, a pipe, a test's buffer.
func Plain(out io.Writer) Terminal {
	return Terminal{Out: out, Width: func() int { return 0 }}
}

// A Color is how a word stands out.
type Color string

// The colours in use, by their meaning; the numbers are ECMA-48's.
const (
	Good  Color = "32" // green
	Bad   Color = "31" // red
	Busy  Color = "36" // cyan
	Faint Color = "2"
	Bold  Color = "1"
)

// Paint returns text in a colour, or as it is where there are none.
func (t Terminal) Paint(color Color, text string) string {
	if !t.Color || color == "" || text == "" {
		return text
	}
	return "\x1b[" + string(color) + "m" + text + "\x1b[0m"
}
