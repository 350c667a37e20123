package graph

import (
	"fmt"
	"slices"
	"strings"
)

// Formats lists the names that [Graph.Draw] takes.
func Formats() []string { return []string{"mermaid", "svg", "dot"} }

// Draw returns the picture in one of [Formats].
func (g Graph) Draw(format string) ([]byte, error) {
	switch format {
	case "mermaid":
		return []byte(g.Mermaid()), nil
	case "dot":
		return []byte(g.DOT()), nil
	case "svg":
		return []byte(g.SVG()), nil
	}
	return nil, fmt.Errorf("--format is %q; want one of %s", format, strings.Join(Formats(), ", "))
}

// ids numbers the boxes: t0, t1, … for triggers, a0, a1, … for actions.
func (g Graph) ids() (triggers map[string]string, actions map[Action]string) {
	triggers, actions = map[string]string{}, map[Action]string{}
	for i, trigger := range g.Triggers {
		triggers[trigger.Name] = fmt.Sprintf("t%d", i)
	}
	for i, action := range g.all() {
		actions[action] = fmt.Sprintf("a%d", i)
	}
	return triggers, actions
}

// Mermaid returns the graph as a Mermaid flowchart, which code hosts draw in Markdown.
func (g Graph) Mermaid() string {
	var out strings.Builder
	triggers, actions := g.ids()
	fmt.Fprintf(&out, "---\ntitle: %s\n---\nflowchart LR\n", mermaidTitle(g.Name))
	for _, trigger := range g.Triggers {
		shape := [2]string{"{{", "}}"}
		if trigger.Start != "" {
			shape = [2]string{"([", "])"}
		}
		fmt.Fprintf(&out, "  %s%s\"%s\"%s:::%s\n", triggers[trigger.Name], shape[0], mermaidText(trigger.lines()...), shape[1], trigger.class())
	}
	for _, action := range g.all() {
		shape := [2]string{"[", "]"}
		if action.Kind == Crawler {
			shape = [2]string{"[(", ")]"}
		}
		fmt.Fprintf(&out, "  %s%s\"%s\"%s:::%s\n", actions[action], shape[0], mermaidText(action.Name), shape[1], action.Kind)
	}
	for _, trigger := range g.Triggers {
		for _, condition := range trigger.Conditions {
			arrow := "-->"
			if label := condition.label(); label != "" {
				arrow = "-. " + label + " .->"
			}
			fmt.Fprintf(&out, "  %s %s %s\n", actions[condition.Action], arrow, triggers[trigger.Name])
		}
		for _, action := range trigger.Actions {
			fmt.Fprintf(&out, "  %s --> %s\n", triggers[trigger.Name], actions[action])
		}
	}
	for _, class := range classes {
		fmt.Fprintf(&out, "  classDef %s fill:%s,stroke:%s,color:%s\n", class.name, class.fill, class.stroke, ink)
	}
	return out.String()
}

// mermaidText joins lines and replaces what has a meaning inside a quoted label.
func mermaidText(lines ...string) string {
	escaped := strings.NewReplacer("&", "#amp;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "#", "#35;", "`", "#96;")
	for i, line := range lines {
		lines[i] = escaped.Replace(line)
	}
	return strings.Join(lines, "<br/>")
}

// mermaidTitle quotes a title for the YAML it stands in.
func mermaidTitle(name string) string { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }

// Colours that keep their contrast on white and on a dark page.
const (
	ink  = "#1f2933"
	soft = "#52606d"
	line = "#8492a6"
)

var classes = []struct{ name, fill, stroke string }{
	{"start", "#d9f2e3", "#2f9e62"},
	{"trigger", "#f3f4f7", "#8492a6"},
	{"inactive", "#fdecea", "#d64545"},
	{"job", "#dfeafd", "#3b76d6"},
	{"crawler", "#fdf0d5", "#c98a1b"},
}

func colours(class string) (fill, stroke string) {
	i := slices.IndexFunc(classes, func(c struct{ name, fill, stroke string }) bool { return c.name == class })
	return classes[i].fill, classes[i].stroke
}

func (t Trigger) class() string {
	switch {
	case t.Inactive:
		return "inactive"
	case t.Start != "":
		return "start"
	}
	return "trigger"
}

// DOT returns the graph in Graphviz's language.
//
// Labels are plain: Graphviz centres those, so that they stay inside their box
// where the reader's Helvetica is wider than Graphviz's.
func (g Graph) DOT() string {
	var out strings.Builder
	triggers, actions := g.ids()
	fmt.Fprintf(&out, "digraph {\n  graph [rankdir=LR, nodesep=0.22, ranksep=0.5, pad=0.3, bgcolor=white, labelloc=t, %s, fontsize=18, label=%s]\n", font, quote(g.Name+"\n "))
	fmt.Fprintf(&out, "  node [%s, fontsize=11, style=filled, shape=box, margin=\"0.24,0.1\", penwidth=1.2]\n", font)
	fmt.Fprintf(&out, "  edge [%s, fontsize=10, color=%q, arrowsize=0.7, penwidth=1.2]\n", font, line)
	for _, trigger := range g.Triggers {
		fmt.Fprintf(&out, "  %s [%s]\n", triggers[trigger.Name], box(trigger.class(), trigger.lines()))
	}
	for _, action := range g.all() {
		fmt.Fprintf(&out, "  %s [%s]\n", actions[action], box(string(action.Kind), []string{action.Name, string(action.Kind)}))
	}
	for _, trigger := range g.Triggers {
		for _, condition := range trigger.Conditions {
			style := ""
			if label := condition.label(); label != "" {
				style = fmt.Sprintf(" [style=dashed, label=%s]", quote(" "+label+" "))
			}
			fmt.Fprintf(&out, "  %s -> %s%s\n", actions[condition.Action], triggers[trigger.Name], style)
		}
		for _, action := range trigger.Actions {
			fmt.Fprintf(&out, "  %s -> %s\n", triggers[trigger.Name], actions[action])
		}
	}
	out.WriteString("}\n")
	return out.String()
}

const font = `fontname="Helvetica,Arial,sans-serif", fontcolor="` + ink + `"`

// shapes tell triggers, jobs and crawlers apart without colour.
var shapes = map[string]string{
	"start":    `style="filled,rounded", peripheries=2`,
	"trigger":  `shape=hexagon, margin="0.02,0.06"`,
	"inactive": `shape=hexagon, margin="0.02,0.06"`,
	"job":      `style="filled,rounded"`,
	"crawler":  `shape=cylinder`,
}

// box is the attributes of a node.
func box(class string, lines []string) string {
	fill, stroke := colours(class)
	return fmt.Sprintf("label=%s, fillcolor=%q, color=%q, %s", quote(strings.Join(lines, "\n")), fill, stroke, shapes[class])
}

// quote returns a label as DOT writes it.
func quote(label string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(label) + `"`
}
