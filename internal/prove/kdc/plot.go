//go:build linux

package kdc

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"os"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Colours that people who do not see red and green apart can tell from each other
// (Okabe and Ito, https://jfly.uni-koeln.de/color).
var (
	oursColor      = color.RGBA{0, 114, 178, 255}
	referenceColor = color.RGBA{230, 159, 0, 255}
	failedColor    = color.RGBA{213, 94, 0, 255}
)

const (
	panelWidth  = 11 * vg.Centimeter
	panelHeight = 5 * vg.Centimeter
)

// newPlot has letters of the size that a page has.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	for _, style := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		style.Font.Variant, style.Font.Size = "Sans", 8
	}
	p.Y.Min = 0
	return p
}

// plotLogins draws logins a second around each fault, one panel a fault and number of nodes:
// the mean of all repeats of both clients, successful and failed.
func plotLogins(path string, trials []Trial) error {
	if len(trials) == 0 {
		return nil
	}
	var panels [][]*plot.Plot
	nodes := distinct(trials, func(t Trial) int { return t.Nodes })
	for _, f := range faults {
		var row []*plot.Plot
		for _, n := range nodes {
			panel, err := loginPanel(f, n, trials)
			if err != nil {
				return err
			}
			if panel != nil {
				row = append(row, panel)
			}
		}
		if len(row) == len(nodes) {
			panels = append(panels, row)
		}
	}
	return drawPanels(path, panels)
}

// loginPanel returns nil when nothing was measured.
func loginPanel(f fault, nodes int, trials []Trial) (*plot.Plot, error) {
	p := newPlot(fmt.Sprintf("%s, %d nodes", f.title, nodes), "seconds after the fault", "logins a second")
	drawn := false
	for _, name := range Designs() {
		var chosen []Trial
		for _, t := range trials {
			if t.Fault == f.name && t.Nodes == nodes && t.Design == name {
				chosen = append(chosen, t)
			}
		}
		if len(chosen) == 0 {
			continue
		}
		drawn = true
		colour, title := oursColor, "Lakekeel"
		if name == "reference" {
			colour, title = referenceColor, "reference"
		}
		if err := addLine(p, title, perSecond(chosen, true), colour, nil); err != nil {
			return nil, err
		}
		if failed := perSecond(chosen, false); anyAbove(failed) {
			if err := addLine(p, title+", failed", failed, failedColor, dashes(name)); err != nil {
				return nil, err
			}
		}
	}
	if !drawn {
		return nil, nil
	}
	moment, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0}, {X: 0, Y: p.Y.Max}})
	if err != nil {
		return nil, err
	}
	moment.Color, moment.Width = color.Gray{Y: 150}, vg.Points(0.5)
	p.Add(moment)
	p.Y.Max *= 1.3 // room for the legend
	p.Legend.Top = true
	return p, nil
}

func dashes(design string) []vg.Length {
	if design == "reference" {
		return []vg.Length{vg.Points(3), vg.Points(2)}
	}
	return nil
}

func anyAbove(points plotter.XYs) bool {
	for _, point := range points {
		if point.Y > 0 {
			return true
		}
	}
	return false
}

func addLine(p *plot.Plot, title string, points plotter.XYs, colour color.Color, dashes []vg.Length) error {
	line, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	line.Color, line.Width, line.Dashes = colour, vg.Points(1.2), dashes
	p.Add(line)
	p.Legend.Add(title, line)
	return nil
}

// perSecond counts the logins that ended in each second from the fault on and before it, on average over the trials.
func perSecond(trials []Trial, ok bool) plotter.XYs {
	counts := map[int]float64{}
	first, last := math.MaxInt, math.MinInt
	for _, t := range trials {
		for _, login := range t.Logins {
			second := int(math.Floor(login.At.Add(login.Took).Sub(t.Struck).Seconds()))
			first, last = min(first, second), max(last, second)
			if login.OK() == ok {
				counts[second] += 1 / float64(len(trials))
			}
		}
	}
	var points plotter.XYs
	for second := first; second <= last; second++ {
		points = append(points, plotter.XY{X: float64(second), Y: counts[second]})
	}
	return points
}

// plotCreations draws the time to create principals over the latency of files, a line for each design.
func plotCreations(path string, creations []Creation) error {
	if len(creations) == 0 {
		return nil
	}
	p := newPlot(fmt.Sprintf("%d principals", creations[0].Principals), "latency of a file operation, ms", "seconds")
	for _, name := range Designs() {
		var line, dots plotter.XYs
		for _, latency := range Latencies() {
			var sum time.Duration
			n := 0
			for _, c := range creations {
				if c.Design == name && c.Latency == latency {
					sum, n = sum+c.Took, n+1
					dots = append(dots, plotter.XY{X: float64(latency.Milliseconds()), Y: c.Took.Seconds()})
				}
			}
			if n > 0 {
				line = append(line, plotter.XY{X: float64(latency.Milliseconds()), Y: sum.Seconds() / float64(n)})
			}
		}
		if len(line) == 0 {
			continue
		}
		colour := oursColor
		if name == "reference" {
			colour = referenceColor
		}
		if err := addLine(p, name, line, colour, nil); err != nil {
			return err
		}
		scatter, err := plotter.NewScatter(dots)
		if err != nil {
			return err
		}
		scatter.Color = colour
		p.Add(scatter)
	}
	p.Legend.Top, p.Legend.Left = true, true
	return drawPanels(path, [][]*plot.Plot{{p}})
}

// drawPanels writes plots, aligned with each other, as one SVG.
func drawPanels(path string, panels [][]*plot.Plot) error {
	rows, columns := len(panels), len(panels[0])
	canvas := vgsvg.New(panelWidth*vg.Length(columns), panelHeight*vg.Length(rows))
	tiles := draw.Tiles{Rows: rows, Cols: columns, PadX: vg.Millimeter * 4, PadY: vg.Millimeter * 4, PadTop: vg.Millimeter, PadBottom: vg.Millimeter, PadLeft: vg.Millimeter, PadRight: vg.Millimeter * 3}
	for i, row := range plot.Align(panels, tiles, draw.New(canvas)) {
		for k, at := range row {
			panels[i][k].Draw(at)
		}
	}
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return err
	}
	// The widths were reckoned with Liberation Sans; Arial and Helvetica have the same.
	drawing := bytes.ReplaceAll(out.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	return os.WriteFile(path, drawing, 0o644)
}
