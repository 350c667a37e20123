package graph

import (
	"fmt"
	"html"
	"strings"
)

// SVG returns the graph as a picture that needs no font of its own and runs no script.
func (g Graph) SVG() string {
	l := g.layout()
	l.width = max(l.width, float64(len([]rune(g.Name)))*titleAdvance+2*margin)
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s" font-family="Helvetica, Arial, sans-serif" text-anchor="middle">`+"\n",
		l.width, l.height, l.width, l.height, html.EscapeString("Glue workflow "+g.Name))
	fmt.Fprintf(&out, "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0,0.8 L8,4 L0,7.2 z\" fill=%q/></marker></defs>\n", line)
	fmt.Fprintf(&out, "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n")
	fmt.Fprintf(&out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"18\" font-weight=\"bold\" fill=%q>%s</text>\n", l.width/2, margin+14, ink, html.EscapeString(g.Name))
	for _, a := range l.arrows {
		out.WriteString(l.drawArrow(a))
	}
	for _, n := range l.nodes {
		if n.lines != nil {
			out.WriteString(n.draw())
		}
	}
	out.WriteString("</svg>\n")
	return out.String()
}

// titleAdvance is the width of a letter of the title, in pixels.
const titleAdvance = 12.0

// drawArrow is one smooth line over all bends; conditions other than success are dashed and named.
func (l layout) drawArrow(a arrow) string {
	from := l.nodes[a.path[0]]
	if last := l.nodes[a.path[len(a.path)-1]]; last.layer <= from.layer {
		return stroke(backwards(from, last), a.label, (from.x+last.x)/2, max(from.bottom(), last.bottom())+backDepth-6)
	}
	x, y := from.x+from.width/2, from.y
	path := fmt.Sprintf("M%.1f,%.1f", x, y)
	for k, i := range a.path[1:] {
		to := l.nodes[i]
		left := to.x - to.width/2
		if k == len(a.path)-2 {
			left-- // the tip stays clear of the box
		}
		bow := max((left-x)/2, layerGap/2)
		path += fmt.Sprintf(" C%.1f,%.1f %.1f,%.1f %.1f,%.1f", x+bow, y, left-bow, to.y, left, to.y)
		x, y = left, to.y
		if k < len(a.path)-2 {
			x += to.width
			path += fmt.Sprintf(" L%.1f,%.1f", x, y)
		}
	}
	first := l.nodes[a.path[1]]
	return stroke(path, a.label, (from.x+from.width/2+first.x-first.width/2)/2, (from.y+first.y)/2-4)
}

// backDepth is how far below the boxes an arrow runs that closes a cycle, in pixels.
const backDepth = 34.0

func (n node) bottom() float64 { return n.y + n.height/2 }

// backwards leads an arrow that closes a cycle back below the boxes.
func backwards(from, to node) string {
	deep := max(from.bottom(), to.bottom()) + backDepth
	return fmt.Sprintf("M%.1f,%.1f C%.1f,%.1f %.1f,%.1f %.1f,%.1f", from.x, from.bottom(), from.x, deep, to.x, deep, to.x, to.bottom()+1)
}

// stroke draws a path with its tip and, when there is one, the label at x, y on a white ground.
func stroke(path, label string, x, y float64) string {
	if label == "" {
		return fmt.Sprintf("<path d=%q fill=\"none\" stroke=%q stroke-width=\"1.3\" marker-end=\"url(#tip)\"/>\n", path, line)
	}
	text := fmt.Sprintf("<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.0f\" fill=%q", x, y, moreSize, soft)
	return fmt.Sprintf("<path d=%q fill=\"none\" stroke=%q stroke-width=\"1.3\" stroke-dasharray=\"5,3\" marker-end=\"url(#tip)\"/>\n", path, line) +
		text + fmt.Sprintf(" stroke=\"#ffffff\" stroke-width=\"4\">%[1]s</text>\n", html.EscapeString(label)) +
		text + fmt.Sprintf(">%s</text>\n", html.EscapeString(label))
}

// draw is a box with its lines, the first one large.
func (n node) draw() string {
	fill, stroke := colours(n.class)
	var out strings.Builder
	fmt.Fprintf(&out, "<g>\n%s", n.shape(fmt.Sprintf("fill=%q stroke=%q stroke-width=\"1.4\"", fill, stroke)))
	y := n.y - float64(len(n.lines))*lineHeight/2 + lineHeight*0.78
	if n.class == "crawler" {
		y += lidHeight / 2
	}
	for i, line := range n.lines {
		size, colour := moreSize, soft
		if i == 0 {
			size, colour = nameSize, ink
		}
		fmt.Fprintf(&out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.0f\" fill=%q>%s</text>\n", n.x, y+float64(i)*lineHeight, size, colour, html.EscapeString(line))
	}
	out.WriteString("</g>\n")
	return out.String()
}

// lidHeight is half the height of the ellipse on top of a cylinder, in pixels.
const lidHeight = 5.0

// shape tells triggers, jobs and crawlers apart without colour: hexagons, boxes, cylinders; a start has a double line.
func (n node) shape(paint string) string {
	left, top, right, bottom := n.x-n.width/2, n.y-n.height/2, n.x+n.width/2, n.y+n.height/2
	rect := func(inset, radius float64) string {
		return fmt.Sprintf("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%.1f\" %s/>\n", left+inset, top+inset, n.width-2*inset, n.height-2*inset, radius, paint)
	}
	switch n.class {
	case "start":
		return rect(0, n.height/2) + rect(3, n.height/2-3)
	case "trigger", "inactive":
		point := n.height * 0.35
		return fmt.Sprintf("<polygon points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f\" %s/>\n",
			left, n.y, left+point, top, right-point, top, right, n.y, right-point, bottom, left+point, bottom, paint)
	case "crawler":
		return fmt.Sprintf("<path d=\"M%.1f,%.1f v%.1f a%.1f,%.1f 0 0 0 %.1f,0 v%.1f a%.1f,%.1f 0 0 0 %.1f,0 a%.1f,%.1f 0 0 0 %.1f,0\" %s/>\n",
			left, top+lidHeight, n.height-2*lidHeight, n.width/2, lidHeight, n.width, -(n.height - 2*lidHeight), n.width/2, lidHeight, -n.width,
			n.width/2, lidHeight, n.width, paint)
	}
	return rect(0, 7)
}
