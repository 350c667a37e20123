//go:build linux

package kdc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/lakekeel/lakekeel/internal/prove/world"
	"github.com/lakekeel/lakekeel/internal/report"
)

// sessions is how many administrators create principals at the same time, as the nodes of a
// cluster that starts do.
const sessions = 20

// creationRepeats is fewer than the faults': the reference design needs half an hour for one.
func (o Options) creationRepeats() int {
	if o.Principals == 0 {
		return 0
	}
	return min(o.Repeats, 3)
}

// Latencies are the delays of a file system's operations that principals are created with.
func Latencies() []time.Duration {
	return []time.Duration{0, time.Millisecond, 3 * time.Millisecond, 10 * time.Millisecond}
}

// A Creation is how long it took to create principals while files were slow.
type Creation struct {
	Design     string        `json:"design"`
	Latency    time.Duration `json:"latency"` // of each operation on the shared files
	Principals int           `json:"principals"`
	Created    int           `json:"created"` // acknowledged
	Took       time.Duration `json:"took"`
	Repeat     int           `json:"repeat"`
}

// creations measures one design with each latency.
func (o Options) creations(ctx context.Context, w *world.World, tools, name string, repeat int) ([]Creation, error) {
	c := o.newCluster(w, tools, name, 2)
	defer c.end()
	fmt.Fprintln(o.Out.Out, "\n"+o.Out.Paint(report.Bold, fmt.Sprintf("%s: %d principals, repeat %d of %d", name, o.Principals, repeat, o.creationRepeats())))
	var titles []string
	for _, latency := range Latencies() {
		titles = append(titles, fmt.Sprintf("files slower by %s", latency))
	}
	progress := report.NewProgress(o.Out, append([]string{"start"}, titles...)...)
	defer progress.Finish()
	if err := begin(ctx, c, progress); err != nil {
		return nil, err
	}
	var done []Creation
	for i, latency := range Latencies() {
		progress.Change(titles[i], func(t *report.Task) { t.State = report.Running })
		one, err := c.createMany(ctx, o.Principals, latency)
		if err != nil {
			return done, err
		}
		one.Repeat = repeat
		done = append(done, one)
		progress.Change(titles[i], func(t *report.Task) {
			t.State, t.Note = report.Done, fmt.Sprintf("%d of %d in %s", one.Created, one.Principals, report.Duration(one.Took))
		})
	}
	return done, nil
}

// createMany creates principals in several sessions at a time.
func (c *cluster) createMany(ctx context.Context, n int, latency time.Duration) (Creation, error) {
	if err := c.design.slow(c, latency); err != nil {
		return Creation{}, err
	}
	created, errs := make([]int, sessions), make([]error, sessions)
	begin := time.Now()
	var all sync.WaitGroup
	for i := range sessions {
		all.Go(func() {
			var commands []string
			for k := i; k < n; k += sessions {
				commands = append(commands, fmt.Sprintf("addprinc -randkey made-%d-%d", latency.Milliseconds(), k))
			}
			var said string
			said, errs[i] = c.kadmin(ctx, commands...)
			created[i] = strings.Count(said, " created.")
		})
	}
	all.Wait()
	result := Creation{Design: c.design.name(), Latency: latency, Principals: n, Took: time.Since(begin)}
	for _, k := range created {
		result.Created += k
	}
	return result, errors.Join(append(errs, c.design.slow(c, 0))...)
}

func creationTable(creations []Creation) table.Writer {
	t := newTable(table.Row{"file latency", "design", "repeat", "principals", "acknowledged", "time", "a second"})
	for _, latency := range Latencies() {
		for _, name := range Designs() {
			for _, c := range creations {
				if c.Latency == latency && c.Design == name {
					t.AppendRow(table.Row{latency, name, c.Repeat, c.Principals, c.Created, seconds(c.Took), fmt.Sprintf("%.0f", float64(c.Created)/c.Took.Seconds())})
				}
			}
		}
	}
	return t
}
