// Package assets holds many definitions of QuickSight together, as an exported bundle does: datasets,
// topics, themes, analyses and dashboards as plain values, and as JSON what has no type here.
//
// `lakekeel quicksight import` writes Go of this package from a bundle. [Set.JSON] gives back what was read.
package assets

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/constructs/quicksight/report"
	"github.com/lakekeel/lakekeel/constructs/quicksight/topic"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Set is definitions that belong together.
type Set struct {
	Datasets   []dataset.Definition // with their refresh schedules; each behind those that it is made of
	Topics     []topic.Definition
	Themes     []report.Theme
	Analyses   []Report
	Dashboards []Report
	Others     []Other
}

// Report is a dashboard or an analysis.
type Report struct {
	ID         string
	Name       string
	Theme      string // id of its theme, or the ARN of one of the service's own; may be empty
	Publish    report.Publish
	Definition report.Definition

	More map[string]any // laid over the service's JSON as a merge patch (RFC 7386)
}

// Other is an asset that has no type here, or that none holds wholly: data sources, folders and VPC connections, whose
// constructs are in package quicksight.
type Other struct {
	Type       string // as in ARNs, e.g. "datasource"
	ID         string
	Properties map[string]any // the service's JSON
}

// JSON are the assets in the service's JSON, by type and id, e.g. "dashboard/sales": the properties of
// their CloudFormation types, without account and permissions.
func (s Set) JSON(arn dataset.ARN) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, d := range s.Datasets {
		out["dataset/"+d.ID] = d.JSON(arn)
		for _, r := range d.Refresh {
			out["refreshSchedule/"+d.ID+"/"+r.ID] = map[string]any{"DataSetId": d.ID, "Schedule": r.JSON()}
		}
	}
	for _, t := range s.Topics {
		out["topic/"+t.ID] = t.JSON(arn)
	}
	for _, t := range s.Themes {
		out["theme/"+t.ID] = t.JSON()
	}
	for _, r := range s.Analyses {
		out["analysis/"+r.ID] = r.json("AnalysisId", arn)
	}
	for _, r := range s.Dashboards {
		out["dashboard/"+r.ID] = r.json("DashboardId", arn)
	}
	for _, o := range s.Others {
		out[o.Type+"/"+o.ID] = o.Properties
	}
	return out
}

func (r Report) json(key string, arn dataset.ARN) map[string]any {
	theme := r.Theme
	if theme != "" && !strings.HasPrefix(theme, "arn:") {
		theme = arn("theme/" + theme)
	}
	properties := jsontree.Object(key, r.ID, "Name", r.Name, "ThemeArn", theme, "Definition", r.Definition.JSON(arn))
	if key == "DashboardId" {
		properties["DashboardPublishOptions"] = r.Publish.JSON()
	}
	return jsontree.Merge(properties, r.More)
}

// Read reads assets in the service's JSON, by type and id. What cannot be read wholly becomes one of
// [Set.Others], so that nothing is lost. Datasets in the shape that CloudFormation has deprecated come back in
// the current one.
func Read(all map[string]map[string]any) Set {
	r := reader{all: map[string]map[string]any{}, columns: map[string][]dataset.Column{}, reading: map[string]bool{}}
	for name, properties := range all {
		r.all[name] = jsontree.Plain(properties).(map[string]any)
	}
	r.arns()
	r.each("dataset/", r.dataset)
	r.each("refreshSchedule/", r.refresh)
	r.each("theme/", r.theme)
	r.each("topic/", r.topic)
	r.each("analysis/", func(name string) error { return r.report(name, "AnalysisId", &r.set.Analyses) })
	r.each("dashboard/", func(name string) error { return r.report(name, "DashboardId", &r.set.Dashboards) })
	for _, kind := range []string{"vpcConnection/", "folder/", "datasource/"} {
		r.each(kind, func(string) error { return errUntyped })
	}
	slices.SortStableFunc(r.set.Others, func(a, b Other) int { return strings.Compare(a.Type+"/"+a.ID, b.Type+"/"+b.ID) })
	return r.set
}

var errUntyped = fmt.Errorf("has no type")

// A reader fills a set from what a bundle holds.
type reader struct {
	all     map[string]map[string]any
	known   map[string]string // ARNs by type and id
	set     Set
	columns map[string][]dataset.Column // by id of the dataset
	reading map[string]bool             // datasets that were begun, by id
}

// arn gives back the ARNs that were read.
func (r *reader) arn(resource string) string { return r.known[resource] }

// arns learns the ARNs that the assets name each other by.
func (r *reader) arns() {
	r.known = map[string]string{}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		case string:
			if parts := strings.SplitN(v, ":", 6); len(parts) == 6 && parts[0] == "arn" && parts[2] == "quicksight" {
				r.known[parts[5]] = v
			}
		}
	}
	for _, properties := range r.all {
		walk(properties)
	}
}

// each reads the assets of a type. One that is not read becomes one of the others.
func (r *reader) each(kind string, read func(name string) error) {
	for _, name := range slices.Sorted(maps.Keys(r.all)) {
		if !strings.HasPrefix(name, kind) {
			continue
		}
		if _, done := r.columns[strings.TrimPrefix(name, "dataset/")]; done && kind == "dataset/" {
			continue // it was read for another
		}
		if err := read(name); err != nil {
			kind, id, _ := strings.Cut(name, "/")
			r.set.Others = append(r.set.Others, Other{kind, id, r.all[name]})
		}
	}
}

// same says whether a value is written as it was read.
func (r *reader) same(name string, written map[string]any) error {
	if !reflect.DeepEqual(jsontree.Plain(written), any(r.all[name])) {
		return fmt.Errorf("%s is not the same when it is written", name)
	}
	return nil
}

// moved are the members of the deprecated shape of a dataset, which stand elsewhere in the current one.
var moved = []string{"LogicalTableMap", "PhysicalTableMap", "RowLevelPermissionDataSet", "RowLevelPermissionTagConfiguration"}

func (r *reader) dataset(name string) error {
	properties := r.all[name]
	r.parents(properties)
	d, err := dataset.Read(properties)
	if err != nil {
		return err
	}
	legacy := properties["LogicalTableMap"] != nil
	if legacy {
		r.complete(&d)
		written := d.JSON(r.arn)
		for member, value := range properties {
			if _, is := written[member]; !is && !slices.Contains(moved, member) {
				d.More = jsontree.Merge(d.More, map[string]any{member: value})
			}
		}
	} else if err := r.same(name, d.JSON(r.arn)); err != nil {
		return err
	}
	r.columns[d.ID] = d.Output()
	r.set.Datasets = append(r.set.Datasets, d)
	return nil
}

// parents reads the datasets first that one is made of, for their columns.
func (r *reader) parents(properties map[string]any) {
	own, _ := properties["DataSetId"].(string)
	r.reading[own] = true
	made := []any{properties["LogicalTableMap"], properties["DataPrepConfiguration"]}
	for _, resource := range slices.Sorted(maps.Keys(r.known)) {
		id, is := strings.CutPrefix(resource, "dataset/")
		if is && !r.reading[id] && r.all[resource] != nil && contains(made, r.known[resource]) {
			_ = r.dataset(resource) // if it cannot be read, its own turn makes it one of the others
		}
	}
}

func contains(tree any, text string) bool {
	switch v := tree.(type) {
	case map[string]any:
		for _, inner := range v {
			if contains(inner, text) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(inner any) bool { return contains(inner, text) })
	case string:
		return v == text
	}
	return false
}

// complete fills in the columns of parents, which the deprecated shape does not say.
func (r *reader) complete(d *dataset.Definition) {
	for i, table := range d.Tables {
		if parent, is := table.From.(dataset.Parent); is && len(table.Columns) == 0 {
			d.Tables[i].Columns = r.columns[parent.Dataset]
		}
	}
}

func (r *reader) refresh(name string) error {
	schedule := jsontree.Of(r.all[name]).At("Schedule").Object()
	refresh := dataset.ReadRefresh(schedule)
	id, _ := r.all[name]["DataSetId"].(string)
	i := slices.IndexFunc(r.set.Datasets, func(d dataset.Definition) bool { return d.ID == id })
	if i < 0 || !reflect.DeepEqual(zoned(refresh.JSON()), zoned(schedule)) {
		return fmt.Errorf("%s is not the same when it is written", name)
	}
	r.set.Datasets[i].Refresh = append(r.set.Datasets[i].Refresh, refresh)
	return nil
}

// zoned is a schedule with its time zone under one name; without one, it is UTC. CloudFormation writes
// TimeZone, the service's calls Timezone.
func zoned(schedule map[string]any) map[string]any {
	plain := jsontree.Plain(schedule).(map[string]any)
	delete(plain, "Arn")
	frequency, _ := plain["ScheduleFrequency"].(map[string]any)
	if frequency == nil {
		return plain
	}
	zone := jsontree.Of(frequency).At("TimeZone").Text() + jsontree.Of(frequency).At("Timezone").Text()
	delete(frequency, "TimeZone")
	if frequency["Timezone"] = zone; zone == "" {
		frequency["Timezone"] = "UTC"
	}
	return plain
}

func (r *reader) theme(name string) error {
	theme := report.ReadTheme(r.all[name])
	if err := r.same(name, theme.JSON()); err != nil {
		return err
	}
	r.set.Themes = append(r.set.Themes, theme)
	return nil
}

func (r *reader) topic(name string) error {
	t, err := topic.Read(r.all[name], r.columns)
	if err == nil {
		err = r.same(name, t.JSON(r.arn))
	}
	if err != nil {
		return err
	}
	r.set.Topics = append(r.set.Topics, t)
	return nil
}

func (r *reader) report(name, key string, to *[]Report) error {
	properties := r.all[name]
	n := jsontree.Of(properties)
	definition, err := report.Read(n.At("Definition").Object(), r.columns)
	if err != nil {
		return err
	}
	made := Report{ID: n.At(key).Text(), Name: n.At("Name").Text(), Theme: n.At("ThemeArn").Text(), Definition: definition, Publish: report.ReadPublish(n.At("DashboardPublishOptions").Object())}
	if id := made.Theme[strings.LastIndex(made.Theme, "/")+1:]; r.known["theme/"+id] == made.Theme && !strings.Contains(made.Theme, "::aws:") {
		made.Theme = id
	}
	made.More = jsontree.Diff(jsontree.Plain(made.json(key, r.arn)).(map[string]any), properties)
	if err := r.same(name, made.json(key, r.arn)); err != nil {
		return err
	}
	*to = append(*to, made)
	return nil
}
