// Package preview draws QuickSight dashboards in a browser before they are deployed, from what the CDK has
// synthesized and from rows of the local run.
//
// It reads templates, never an app's source: [Load]. Rows come from Athena or from files: [Rows].
// [Build] writes one page a dashboard, [Serve] shows them.
package preview

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/constructs/quicksight/report"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Dashboards are what there is to draw.
type Dashboards struct {
	List     []Dashboard // in the order of their names
	Datasets map[string]dataset.Definition
}

// Dashboard is one dashboard of a template, or of a file.
type Dashboard struct {
	ID, Name   string
	Definition map[string]any // in the service's JSON
}

// Load reads dashboards and data sets from a folder with templates, as cdk synth writes it, or from a file: a
// definition in the service's JSON, or what DescribeDashboardDefinition returns. Of dashboards with the same id,
// as the stages of a pipeline have them, the first by the path of its template is taken.
func Load(path string) (Dashboards, error) {
	loaded, err := load(path)
	if err == nil && len(loaded.List) == 0 {
		err = fmt.Errorf("no template in %s has a dashboard (AWS::QuickSight::Dashboard)", path)
	}
	return loaded, err
}

func load(path string) (Dashboards, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Dashboards{}, fmt.Errorf("%s is not there; synthesize the app with: cdk synth", path)
	}
	loaded := Dashboards{Datasets: map[string]dataset.Definition{}}
	if !info.IsDir() {
		err = loaded.file(path)
	} else {
		err = filepath.WalkDir(path, func(file string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(file, ".template.json") {
				return err
			}
			return loaded.template(file)
		})
	}
	slices.SortStableFunc(loaded.List, func(a, b Dashboard) int { return cmp.Compare(a.Name, b.Name) })
	return loaded, err
}

// Pick keeps the dashboards with the names or ids, all of them if there are none.
func (d Dashboards) Pick(names []string) ([]Dashboard, error) {
	if len(names) == 0 {
		return d.List, nil
	}
	var known []string
	for _, one := range d.List {
		known = append(known, one.Name, one.ID)
	}
	var picked []Dashboard
	for _, name := range names {
		i := slices.IndexFunc(d.List, func(one Dashboard) bool { return one.Name == name || one.ID == name })
		if i < 0 {
			return nil, fmt.Errorf("%q is no dashboard; want %s", name, check.Suggest("the name or id of one", name, slices.Compact(known)))
		}
		picked = append(picked, d.List[i])
	}
	return picked, nil
}

func readObject(path string) (map[string]any, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, fmt.Errorf("%s is no JSON object: %w", path, err)
	}
	return object, nil
}

func (d *Dashboards) file(path string) error {
	object, err := readObject(path)
	if err != nil {
		return err
	}
	n := jsontree.Of(object)
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	definition := object
	if inner := n.At("Definition"); inner.Is() {
		definition = inner.Object()
	}
	if _, err := report.Read(definition, nil); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	d.List = []Dashboard{{cmp.Or(n.At("DashboardId").Text(), name), cmp.Or(n.At("Name").Text(), name), definition}}
	return nil
}

func (d *Dashboards) template(path string) error {
	template, err := readObject(path)
	if err != nil {
		return err
	}
	resources := jsontree.Of(template).At("Resources")
	for _, id := range resources.Keys() {
		r := resources.At(id)
		kind := r.At("Type").Text()
		if kind != "AWS::QuickSight::Dashboard" && kind != "AWS::QuickSight::DataSet" {
			continue
		}
		properties := resolve(resources, r.At("Properties").Object()).(map[string]any)
		if kind == "AWS::QuickSight::Dashboard" {
			d.add(jsontree.Of(properties))
			continue
		}
		if err := d.addDataset(properties); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func (d *Dashboards) add(properties jsontree.Node) {
	id := properties.At("DashboardId").Text()
	twice := slices.ContainsFunc(d.List, func(one Dashboard) bool { return one.ID == id })
	if definition := properties.At("Definition"); definition.Is() && !twice {
		d.List = append(d.List, Dashboard{id, cmp.Or(properties.At("Name").Text(), id), definition.Object()})
	}
}

func (d *Dashboards) addDataset(properties map[string]any) error {
	data, err := dataset.Read(properties)
	if err != nil {
		return err
	}
	if _, twice := d.Datasets[data.ID]; !twice {
		d.Datasets[data.ID] = data
	}
	return nil
}

// resolve puts text in the place of a template's functions. Only the ids in ARNs count for a preview, so
// account, region and what else is known after a deployment only become a word.
func resolve(resources jsontree.Node, v any) any {
	switch v := v.(type) {
	case []any:
		return jsontree.List(v, func(_ int, item any) any { return resolve(resources, item) })
	case map[string]any:
		if text, is := function(resources, v); is {
			return text
		}
		object := map[string]any{}
		for key, inner := range v {
			object[key] = resolve(resources, inner)
		}
		return object
	}
	return v
}

// function is what a template's function comes to, if v is one.
func function(resources jsontree.Node, v map[string]any) (string, bool) {
	n := jsontree.Of(v)
	switch kind := n.Only(); kind {
	case "Ref":
		name := n.At(kind).Text()
		return cmp.Or(ownID(resources.At(name)), name), true
	case "Fn::GetAtt":
		parts := n.At(kind).Texts()
		if len(parts) == 2 && parts[1] == "Arn" {
			return arnOf(resources.At(parts[0]), parts[0]), true
		}
		return strings.Join(parts, "."), true
	case "Fn::Join":
		if list := n.At(kind).List(); len(list) == 2 {
			return strings.Join(jsontree.Of(resolve(resources, v[kind].([]any)[1])).Texts(), list[0].Text()), true
		}
	case "Fn::Sub", "Fn::ImportValue":
		return n.At(kind).Text(), true
	}
	return "", false
}

// ownID is the id that a QuickSight resource gives itself.
func ownID(resource jsontree.Node) string {
	properties := resource.At("Properties")
	return cmp.Or(properties.At("DataSetId").Text(), properties.At("DataSourceId").Text())
}

func arnOf(resource jsontree.Node, name string) string {
	kind := "dataset"
	if resource.At("Properties", "DataSourceId").Is() {
		kind = "datasource"
	}
	return fmt.Sprintf("arn:aws:quicksight:::%s/%s", kind, cmp.Or(ownID(resource), name)) // for reading only; never sent anywhere
}
