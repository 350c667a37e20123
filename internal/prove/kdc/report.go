//go:build linux

package kdc

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/lakekeel/lakekeel/internal/report"
)

// What Lakekeel's design is held to in every trial.
const (
	slowest  = 5 * time.Second // no login above
	slowdown = 2.0             // p99 during the fault, of p99 before it
	// enough logins for a p99 to be one.
	enough = 100
)

// Broken are the requirements that a trial did not hold, in words; nil when it held all.
func (t Trial) Broken() []string {
	var broken []string
	want := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Sprintf(format, args...))
		}
	}
	want(t.Error == "", "%s", t.Error)
	for _, client := range Clients {
		all, before, during := stats(t.All(client)), stats(t.Before(client)), stats(t.During(client))
		want(all.Logins > 0, "%s: no login was tried", client)
		want(all.Failed == 0, "%s: %d of %d logins failed", client, all.Failed, all.Logins)
		want(all.Max <= slowest, "%s: a login took %s", client, report.Duration(all.Max))
		if t.Fault != "none" && min(before.Logins, during.Logins) >= enough {
			want(ratio(before, during) <= slowdown, "%s: p99 %s during, %s before", client, milliseconds(during.P99), milliseconds(before.P99))
		}
	}
	want(!faultOf(t.Fault).spares || t.Fewest >= t.Nodes, "only %d nodes stayed healthy for the balancer", t.Fewest)
	want(t.Lost == 0, "%d acknowledged principals lost", t.Lost)
	want(t.Acknowledged == t.Wanted, "%d of %d principals not created", t.Wanted-t.Acknowledged, t.Wanted)
	return broken
}

func ratio(before, during Stats) float64 {
	if before.P99 == 0 {
		return 0
	}
	return float64(during.P99) / float64(before.P99)
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

// trialTable shows every trial, a line for each client.
func trialTable(trials []Trial) table.Writer {
	t := newTable(table.Row{"nodes", "fault", "design", "repeat", "client", "logins", "failed", "a second", "p50 before", "p99 before", "p50 during", "p99 during", "p99 ratio", "max", "principals lost", "longest pause of creation", "fewest healthy", "whole after"})
	for _, trial := range inOrder(trials) {
		for _, client := range Clients {
			all, before, during := stats(trial.All(client)), stats(trial.Before(client)), stats(trial.During(client))
			lost, pause := "", ""
			if trial.Wanted > 0 {
				lost = fmt.Sprintf("%d of %d", trial.Lost, trial.Acknowledged)
				pause = seconds(trial.SlowestAdd)
			}
			t.AppendRow(table.Row{trial.Nodes, faultOf(trial.Fault).title, trial.Design, trial.Repeat, client, all.Logins, all.Failed, fmt.Sprintf("%.0f", all.Rate),
				milliseconds(before.P50), milliseconds(before.P99), milliseconds(during.P50), milliseconds(during.P99),
				fmt.Sprintf("%.2f", ratio(before, during)), milliseconds(all.Max), lost, pause, trial.Fewest, trial.wholeAfter()})
		}
	}
	return t
}

func (t Trial) wholeAfter() string {
	if t.Error != "" {
		return t.Error
	}
	return seconds(t.Whole)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// summary shows each fault in one line for a client, all repeats of both designs in it.
func summary(trials []Trial) table.Writer {
	header := table.Row{"nodes", "fault", "client"}
	for _, figure := range []string{"failed", "worst p99 ratio", "slowest login", "principals lost", "longest until whole"} {
		for _, name := range Designs() {
			header = append(header, figure+"\n"+name)
		}
	}
	t := newTable(header)
	for _, nodes := range distinct(trials, func(t Trial) int { return t.Nodes }) {
		for _, f := range faults {
			for _, client := range Clients {
				row := table.Row{nodes, f.title, client}
				columns := map[string][]string{}
				for _, name := range Designs() {
					columns[name] = repeats(inOrder(trials), nodes, f.name, name, client)
				}
				if columns[Designs()[0]] == nil && columns[Designs()[1]] == nil {
					continue
				}
				for figure := range 5 {
					for _, name := range Designs() {
						cell := ""
						if columns[name] != nil {
							cell = columns[name][figure]
						}
						row = append(row, cell)
					}
				}
				t.AppendRow(row)
			}
		}
	}
	return t
}

// repeats puts all repeats of one trial into five figures: the failed logins of each, and the worst of the others;
// nil when there was none.
func repeats(trials []Trial, nodes int, fault, design, client string) []string {
	var failed []string
	var worst float64
	var longestLogin, longestBreak time.Duration
	lost, acknowledged := 0, 0
	for _, trial := range trials {
		if trial.Nodes != nodes || trial.Fault != fault || trial.Design != design {
			continue
		}
		all := stats(trial.All(client))
		failed = append(failed, fmt.Sprint(all.Failed))
		worst = max(worst, ratio(stats(trial.Before(client)), stats(trial.During(client))))
		longestLogin, longestBreak = max(longestLogin, all.Max), max(longestBreak, trial.Whole)
		lost, acknowledged = lost+trial.Lost, acknowledged+trial.Acknowledged
	}
	if failed == nil {
		return nil
	}
	principals := ""
	if acknowledged > 0 {
		principals = fmt.Sprintf("%d of %d", lost, acknowledged)
	}
	return []string{strings.Join(failed, " "), fmt.Sprintf("%.2f", worst), seconds(longestLogin), principals, seconds(longestBreak)}
}

func distinct[T any, K interface{ ~int | ~string }](list []T, key func(T) K) []K {
	var keys []K
	for _, item := range list {
		keys = append(keys, key(item))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func newTable(header table.Row) table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.AppendHeader(header)
	return t
}

// inOrder is by nodes, fault, repeat and design.
func inOrder(trials []Trial) []Trial {
	sorted := slices.Clone(trials)
	place := func(t Trial) int {
		return ((t.Nodes*100+slices.Index(Faults(), t.Fault))*1000+t.Repeat)*10 + slices.Index(Designs(), t.Design)
	}
	slices.SortStableFunc(sorted, func(a, b Trial) int { return place(a) - place(b) })
	return sorted
}

// Save writes what was measured to a folder: each login, the tables, the plots.
func Save(folder string, result Result) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	data, err := json.MarshalIndent(result, "", " ")
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(folder, "result.json"), append(data, '\n'), 0o644),
		saveLogins(filepath.Join(folder, "logins"), result.Trials),
		os.WriteFile(filepath.Join(folder, "tables.md"), []byte(result.markdown()), 0o644),
		plotLogins(filepath.Join(folder, "logins.svg"), result.Trials),
		plotCreations(filepath.Join(folder, "principals.svg"), result.Creations),
	)
}

// saveLogins writes a compressed CSV of all logins of each cluster, unless it is there already.
func saveLogins(folder string, trials []Trial) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	clusters := map[string][]Trial{}
	for _, trial := range inOrder(trials) {
		name := fmt.Sprintf("%s-%d-nodes-%d.csv.gz", trial.Design, trial.Nodes, trial.Repeat)
		clusters[name] = append(clusters[name], trial)
	}
	for name, trials := range clusters {
		path := filepath.Join(folder, name)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		out := gzip.NewWriter(file)
		writeLogins(out, trials)
		if err := errors.Join(out.Close(), file.Close()); err != nil {
			return err
		}
	}
	return nil
}

// writeLogins writes times in microseconds: from the fault on, and taken.
func writeLogins(out io.Writer, trials []Trial) {
	fmt.Fprintln(out, "fault,kind,at_us,took_us,ok")
	for _, trial := range trials {
		for _, login := range trial.Logins {
			fmt.Fprintf(out, "%s,%s,%d,%d,%t\n", trial.Fault, login.Kind, login.At.Sub(trial.Struck).Microseconds(), login.Took.Microseconds(), login.OK())
		}
	}
}

// A Result is all that one run of the proof has measured.
type Result struct {
	Digest    string     `json:"digest"` // of the node files, see [Digest]
	Machine   string     `json:"machine"`
	Started   time.Time  `json:"started"`
	Trials    []Trial    `json:"trials"`
	Creations []Creation `json:"creations"`
}

// Err says what Lakekeel's design did not hold.
func (r Result) Err() error {
	var errs []error
	for _, trial := range inOrder(r.Trials) {
		if trial.Design != (&replicated{}).name() {
			continue
		}
		for _, fault := range trial.Broken() {
			errs = append(errs, fmt.Errorf("%s, %d nodes, repeat %d: %s", faultOf(trial.Fault).title, trial.Nodes, trial.Repeat, fault))
		}
	}
	return errors.Join(errs...)
}

// markdown is the report of a run.
func (r Result) markdown() string {
	var out strings.Builder
	fmt.Fprintf(&out, "Node files: sha256 `%s`. %s. Started %s.\n", r.Digest, r.Machine, r.Started.UTC().Format("2006-01-02 15:04 UTC"))
	if len(r.Trials) > 0 {
		fmt.Fprintf(&out, "\n## Failed logins, each repeat\n\n%s\n", summary(r.Trials).RenderMarkdown())
	}
	if len(r.Creations) > 0 {
		fmt.Fprintf(&out, "\n## Creating principals\n\n%s\n", creationTable(r.Creations).RenderMarkdown())
	}
	if len(r.Trials) > 0 {
		fmt.Fprintf(&out, "\n## Messages of failed logins\n\n")
		for _, name := range Designs() {
			var all []Login
			for _, trial := range r.Trials {
				if trial.Design == name {
					all = append(all, trial.Logins...)
				}
			}
			said := messages(all)
			if len(said) == 0 {
				said = []string{"none"}
			}
			fmt.Fprintf(&out, "- %s: %s\n", name, strings.Join(said, "; "))
		}
		fmt.Fprintf(&out, "\n## Every trial\n\n%s\n", trialTable(r.Trials).RenderMarkdown())
	}
	return out.String()
}

// Show prints the summary to a terminal.
func (r Result) Show(terminal report.Terminal) {
	for _, t := range []struct {
		rows   int
		writer table.Writer
	}{{len(r.Trials), summary(r.Trials)}, {len(r.Creations), creationTable(r.Creations)}} {
		if t.rows > 0 {
			fmt.Fprintf(terminal.Out, "\n%s\n", t.writer.Render())
		}
	}
}
