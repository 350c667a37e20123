package graph

import (
	"cmp"
	"slices"
)

// A node is a box of the picture, or a bend that leads a long arrow past the
// boxes between its ends.
type node struct {
	lines         []string // nothing for a bend
	class         string
	layer         int
	width, height float64
	x, y          float64 // of the centre
	before, after []int   // neighbours in the layers beside it
}

// An arrow leads over nodes, bends between its ends, to a node.
type arrow struct {
	path  []int
	label string
}

// A layout places the boxes in layers from left to right, by what must have
// happened before: Sugiyama et al., "Methods for Visual Understanding
// of Hierarchical System Structures" (1981): layers, bends, order by barycentre.
type layout struct {
	nodes         []node
	arrows        []arrow
	layers        [][]int
	width, height float64
}

// Distances in pixels.
const (
	layerGap = 46.0 // between columns
	nodeGap  = 16.0 // between boxes of a column
	margin   = 24.0
	titleBar = 44.0
)

// sweeps is how often the order of the columns is improved; it settles after two or three.
const sweeps = 8

func (g Graph) layout() layout {
	var l layout
	triggers, actions := l.boxes(g)
	edges := edgesOf(g, triggers, actions)
	l.assignLayers(edges)
	for _, edge := range edges {
		l.addArrow(edge)
	}
	l.fillLayers()
	for i := range sweeps {
		l.sweep(i%2 == 0)
	}
	l.place()
	return l
}

func (l *layout) boxes(g Graph) (triggers map[string]int, actions map[Action]int) {
	triggers, actions = map[string]int{}, map[Action]int{}
	for _, trigger := range g.Triggers {
		triggers[trigger.Name] = l.add(trigger.lines(), trigger.class())
	}
	for _, action := range g.all() {
		actions[action] = l.add([]string{action.Name, string(action.Kind)}, string(action.Kind))
	}
	return triggers, actions
}

// Sizes of text in pixels: wide enough for the widest of the common sans-serif fonts.
const (
	nameSize, nameAdvance = 12.0, 7.4 // of the first line, and of one letter of it
	moreSize, moreAdvance = 10.0, 6.1 // of the lines below
	lineHeight            = 15.0
)

func (l *layout) add(lines []string, class string) int {
	n := node{lines: lines, class: class}
	for i, line := range lines {
		advance := moreAdvance
		if i == 0 {
			advance = nameAdvance
		}
		n.width = max(n.width, float64(len([]rune(line)))*advance)
	}
	n.height = float64(len(lines))*lineHeight + 16
	n.width += 24
	switch class {
	case "trigger", "inactive":
		n.width += n.height * 0.5 // the points of the hexagon
	case "crawler":
		n.height += lidHeight
	}
	l.nodes = append(l.nodes, n)
	return len(l.nodes) - 1
}

// An edge of the graph itself, before bends.
type edge struct {
	from, to int
	label    string
}

func edgesOf(g Graph, triggers map[string]int, actions map[Action]int) []edge {
	var edges []edge
	for _, trigger := range g.Triggers {
		at := triggers[trigger.Name]
		for _, condition := range trigger.Conditions {
			edges = append(edges, edge{actions[condition.Action], at, condition.label()})
		}
		for _, action := range trigger.Actions {
			edges = append(edges, edge{at, actions[action], ""})
		}
	}
	return edges
}

// assignLayers puts each node right of all that lead to it. Arrows that close a
// cycle are left out: they lead back.
func (l *layout) assignLayers(edges []edge) {
	forward := acyclic(len(l.nodes), edges)
	for range l.nodes {
		for _, e := range forward {
			l.nodes[e.to].layer = max(l.nodes[e.to].layer, l.nodes[e.from].layer+1)
		}
	}
}

// acyclic returns the edges without those that close a cycle in a walk from the first node on.
func acyclic(nodes int, edges []edge) []edge {
	const unseen, open, closed = 0, 1, 2
	state := make([]int, nodes)
	var kept []edge
	var visit func(int)
	visit = func(at int) {
		state[at] = open
		for _, e := range edges {
			if e.from != at || state[e.to] == open {
				continue
			}
			kept = append(kept, e)
			if state[e.to] == unseen {
				visit(e.to)
			}
		}
		state[at] = closed
	}
	for at := range nodes {
		if state[at] == unseen {
			visit(at)
		}
	}
	return kept
}

// addArrow adds an edge, with a bend in each layer that it crosses.
func (l *layout) addArrow(e edge) {
	path := []int{e.from}
	for layer := l.nodes[e.from].layer + 1; layer < l.nodes[e.to].layer; layer++ {
		l.nodes = append(l.nodes, node{layer: layer, height: 4})
		path = append(path, len(l.nodes)-1)
	}
	path = append(path, e.to)
	for i := range len(path) - 1 {
		from, to := path[i], path[i+1]
		l.nodes[from].after = append(l.nodes[from].after, to)
		l.nodes[to].before = append(l.nodes[to].before, from)
	}
	l.arrows = append(l.arrows, arrow{path, e.label})
}

func (l *layout) fillLayers() {
	for i, n := range l.nodes {
		for len(l.layers) <= n.layer {
			l.layers = append(l.layers, nil)
		}
		l.layers[n.layer] = append(l.layers[n.layer], i)
	}
	for _, layer := range l.layers {
		l.stack(layer)
	}
}

// stack puts the nodes of a layer under each other, around the middle line.
func (l *layout) stack(layer []int) {
	height := -nodeGap
	for _, i := range layer {
		height += l.nodes[i].height + nodeGap
	}
	y := -height / 2
	for _, i := range layer {
		l.nodes[i].y = y + l.nodes[i].height/2
		y += l.nodes[i].height + nodeGap
	}
}

// sweep orders every layer by where the neighbours on one side stand, and moves
// the nodes towards them as far as their own neighbours in the layer allow.
func (l *layout) sweep(rightwards bool) {
	order := slices.Clone(l.layers)
	if !rightwards {
		slices.Reverse(order)
	}
	for _, layer := range order {
		want := map[int]float64{}
		for _, i := range layer {
			beside := l.nodes[i].before
			if !rightwards {
				beside = l.nodes[i].after
			}
			want[i] = l.mean(beside, l.nodes[i].y)
		}
		slices.SortStableFunc(layer, func(a, b int) int { return cmp.Compare(want[a], want[b]) })
		l.settle(layer, want)
	}
}

func (l *layout) mean(nodes []int, otherwise float64) float64 {
	if len(nodes) == 0 {
		return otherwise
	}
	sum := 0.0
	for _, i := range nodes {
		sum += l.nodes[i].y
	}
	return sum / float64(len(nodes))
}

// settle places the nodes of a layer, in their order, as near as may be to where they want
// to be: downwards from the first, upwards from the last, and the middle of the two.
func (l *layout) settle(layer []int, want map[int]float64) {
	down, up := make([]float64, len(layer)), make([]float64, len(layer))
	for k, i := range layer {
		down[k] = want[i]
		if k > 0 {
			down[k] = max(down[k], down[k-1]+l.apart(layer[k-1], i))
		}
	}
	for k := len(layer) - 1; k >= 0; k-- {
		up[k] = want[layer[k]]
		if k < len(layer)-1 {
			up[k] = min(up[k], up[k+1]-l.apart(layer[k], layer[k+1]))
		}
	}
	for k, i := range layer {
		l.nodes[i].y = (down[k] + up[k]) / 2
	}
}

// apart is the least distance between the centres of two nodes of a layer.
func (l *layout) apart(a, b int) float64 {
	return (l.nodes[a].height+l.nodes[b].height)/2 + nodeGap
}

// place gives the columns their width and moves everything into the picture.
func (l *layout) place() {
	top, bottom, x := 0.0, 0.0, margin
	for _, layer := range l.layers {
		width := 0.0
		for _, i := range layer {
			n := &l.nodes[i]
			width = max(width, n.width)
			top, bottom = min(top, n.y-n.height/2), max(bottom, n.y+n.height/2)
		}
		for _, i := range layer {
			l.nodes[i].x = x + width/2
			if l.nodes[i].lines == nil {
				l.nodes[i].width = width // a bend is level over the whole column
			}
		}
		x += width + layerGap
	}
	for i := range l.nodes {
		l.nodes[i].y += margin + titleBar - top
	}
	if slices.ContainsFunc(l.arrows, l.leadsBack) {
		bottom += backDepth
	}
	l.width, l.height = max(x-layerGap+margin, 2*margin), bottom-top+2*margin+titleBar
}

// leadsBack reports an arrow that closes a cycle.
func (l *layout) leadsBack(a arrow) bool {
	return l.nodes[a.path[len(a.path)-1]].layer <= l.nodes[a.path[0]].layer
}
