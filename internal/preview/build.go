package preview

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"strings"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/constructs/quicksight/report"
)

//go:embed page
var pageFiles embed.FS

// scripts are loaded in this order.
var scripts = []string{"data.js", "compute.js", "expression.js", "places.js", "draw.js", "page.js"}

// mapScripts are loaded too where a filled map is drawn; copyPlaces writes the last one.
var mapScripts = []string{"d3-array.min.js", "d3-geo.min.js", "topojson-client.min.js", "outlines.js"}

// libraries are what stands beside the pages, by the name it has there: a path in node_modules.
var libraries = map[string]string{
	"echarts.min.js":             "echarts/dist/echarts.min.js",
	"echarts.LICENSE":            "echarts/LICENSE",
	"echarts.NOTICE":             "echarts/NOTICE",
	"d3-array.min.js":            "d3-array/dist/d3-array.min.js",
	"d3-array.LICENSE":           "d3-array/LICENSE",
	"d3-geo.min.js":              "d3-geo/dist/d3-geo.min.js",
	"d3-geo.LICENSE":             "d3-geo/LICENSE",
	"topojson-client.min.js":     "topojson-client/dist/topojson-client.min.js",
	"topojson-client.LICENSE":    "topojson-client/LICENSE",
	"world-atlas.LICENSE":        "world-atlas/LICENSE",
	"i18n-iso-countries.LICENSE": "i18n-iso-countries/LICENSE",
}

// places are the parts of outlines.js: countries as TopoJSON, their codes (ISO 3166-1), their names by code.
var places = map[string]string{
	"topology": "world-atlas/countries-50m.json",
	"codes":    "i18n-iso-countries/codes.json",
	"names":    "i18n-iso-countries/langs/en.json",
}

// Options say what pages are made of.
type Options struct {
	Rows   Rows
	From   string // where the rows come from, in words, e.g. "rows of the local endpoint"
	Charts string // node_modules, which holds the chart library and outlines of countries
	Folder string // where the pages go; made if it is not there
}

// Build writes a page for each dashboard, and what the pages load. It returns the names of the pages.
func Build(ctx context.Context, d Dashboards, picked []Dashboard, o Options) ([]string, error) {
	if err := o.copyFiles(); err != nil {
		return nil, err
	}
	var pages []string
	for _, dashboard := range picked {
		page, err := o.page(ctx, d, dashboard)
		if err != nil {
			return nil, fmt.Errorf("dashboard %q: %w", dashboard.Name, err)
		}
		pages = append(pages, page)
	}
	return pages, nil
}

// copyFiles puts what all pages load beside them.
func (o Options) copyFiles() error {
	if err := os.MkdirAll(o.Folder, 0o755); err != nil {
		return err
	}
	for name, path := range libraries {
		content, err := o.library(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(o.Folder, name), content, 0o644); err != nil {
			return err
		}
	}
	if err := o.copyPlaces(); err != nil {
		return err
	}
	for _, name := range append([]string{"page.css"}, scripts...) {
		content, err := pageFiles.ReadFile("page/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(o.Folder, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (o Options) library(path string) ([]byte, error) {
	content, err := os.ReadFile(filepath.Join(o.Charts, path))
	if err != nil {
		return nil, errors.New("the chart library is not there; install it with: lakekeel setup")
	}
	return content, nil
}

// copyPlaces writes the outlines as a script: a page that was opened from disk reads no JSON.
func (o Options) copyPlaces() error {
	parts := map[string]json.RawMessage{}
	for name, path := range places {
		content, err := o.library(path)
		if err != nil {
			return err
		}
		parts[name] = content
	}
	text, err := json.Marshal(parts)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(o.Folder, "outlines.js"), fmt.Appendf(nil, "lakekeel.outlines = %s;\n", text), 0o644)
}

// page writes the page of one dashboard.
func (o Options) page(ctx context.Context, d Dashboards, dashboard Dashboard) (string, error) {
	known := map[string][]dataset.Column{}
	for id, data := range d.Datasets {
		known[id] = data.Output()
	}
	definition, err := report.Read(dashboard.Definition, known)
	if err != nil {
		return "", err
	}
	learnt, err := report.Read(dashboard.Definition, nil)
	if err != nil {
		return "", err
	}
	columns := used(learnt, definition)
	loaded := append([]string{}, scripts...)
	for i, data := range definition.Datasets {
		script := fmt.Sprintf("%s.%d.js", dashboard.ID, i)
		if err := o.data(ctx, Request{data.Name, data.ID, columns[data.Name], d.Datasets}, script); err != nil {
			return "", err
		}
		loaded = append(loaded, script)
	}
	m, remarks := modelOf(definition)
	if m.draws("FilledMap") {
		loaded = append(loaded, mapScripts...)
	}
	name := dashboard.ID + ".html"
	return name, o.write(name, map[string]any{"Name": dashboard.Name, "Rows": o.From, "Remarks": remarks, "Scripts": loaded, "Model": m})
}

func (o Options) write(name string, values map[string]any) error {
	page, err := template.ParseFS(pageFiles, "page/page.html")
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := page.Execute(&text, values); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(o.Folder, name), []byte(text.String()), 0o644)
}

// data writes the rows of a data set as a script.
func (o Options) data(ctx context.Context, r Request, script string) error {
	columns := make([]*column, len(r.Columns))
	for i, c := range r.Columns {
		columns[i] = newColumn(c)
	}
	rows := 0
	err := o.Rows(ctx, r, func(row []*string) error {
		rows++
		for i, c := range columns {
			if err := c.add(row[i]); err != nil {
				return fmt.Errorf("the data set %q: %w", r.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if rows == 0 && len(columns) > 0 {
		return fmt.Errorf("the data set %q has no rows; run the workflow that fills it, or give rows with --data", r.Name)
	}
	data := packed{Rows: rows}
	for _, c := range columns {
		one, err := c.pack()
		if err != nil {
			return err
		}
		data.Columns = append(data.Columns, one)
	}
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	name, _ := json.Marshal(r.Name)
	return os.WriteFile(filepath.Join(o.Folder, script), fmt.Appendf(nil, "lakekeel.add(%s, %s);\n", name, text), 0o644)
}
