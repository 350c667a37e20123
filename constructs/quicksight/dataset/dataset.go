// Package dataset says what a QuickSight dataset holds, as plain values: the tables that
// rows come from, the steps that are done to them, who may see which of them, and when
// they are read anew.
//
// Every step is checked against the columns known at that step, so a name that is not there
// is refused with the nearest that is, long before a deployment. The package starts no
// Node and knows nothing of the CDK; package quicksight deploys what is defined here.
package dataset

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Definition is a dataset. Its first table is where the steps begin; the others come in by
// a [Join].
type Definition struct {
	ID     string // unique in the account and region; letters, digits, hyphens, underscores
	Name   string // what people see, 1 to 128 characters
	Tables []Table
	Steps  []Step

	// Direct says that every look at the data is a query of the source. Otherwise the rows are copied into
	// SPICE, QuickSight's memory, and kept up to date by Refresh.
	Direct bool

	Refresh  []Refresh // when the rows are read anew, at most 5; without any, when somebody asks
	Lookback Lookback  // which rows an incremental refresh reads; needed by those alone

	Columns     []About     // what is to be known of columns of the result
	Folders     []Folder    // groups of columns in the field list
	Hierarchies []Hierarchy // columns that together say where something is, at most 8

	Rows     RowRules     // which rows a reader sees
	Tags     []TagRule    // which rows an anonymous reader sees, by the tags of the session
	Hidden   []ColumnRule // columns that only some may see
	ForRules bool         // whether the dataset is itself the RowRules of others, and good for nothing else

	UniqueKey string // a column whose values are unique, which makes queries faster; may be empty

	// IDs are the names that the service's JSON has for tables, steps and columns where they differ from
	// those made here, by kind and name, e.g. "step/orders-2". Only [Read] fills it.
	IDs map[string]string

	// More is laid over the service's JSON as a merge patch (RFC 7386): members for which there is no
	// field here.
	More map[string]any
}

// About is what people and questions in plain words should know of a column.
type About struct {
	Column      string
	Description string // at most 500 characters
	Place       Place  // if it says where something is
}

// Place is the part of an address that a column holds.
type Place string

// The parts of addresses.
const (
	Country   Place = "COUNTRY"
	State     Place = "STATE"
	County    Place = "COUNTY"
	City      Place = "CITY"
	Postcode  Place = "POSTCODE"
	Longitude Place = "LONGITUDE"
	Latitude  Place = "LATITUDE"
)

var places = []Place{Country, State, County, City, Postcode, Longitude, Latitude}

// A Folder groups columns in the list from which authors pick.
type Folder struct {
	Path        string // e.g. "People/Athletes"
	Description string // at most 500 characters
	Columns     []string
}

// A Hierarchy is columns from large to small, e.g. country, state, city.
type Hierarchy struct {
	Name    string // 1 to 64 characters
	Columns []string
	US      bool // whether all places are in the United States
}

// Output are the columns of the dataset, in order.
func (d Definition) Output() []Column { return d.walk(check.Of("")).columns }

// walk goes through all steps.
func (d *Definition) walk(faults *check.Faults) *chain {
	c := &chain{faults: faults, all: d, steps: map[string]any{}, joined: map[string]bool{}}
	if len(d.Tables) == 0 {
		return c
	}
	return c.start(d.Tables[0], d.Steps, "Steps")
}

// id is the service's name for something of ours.
func (d *Definition) id(ours string) string {
	if name, known := d.IDs[ours]; known {
		return name
	}
	_, name, _ := strings.Cut(ours, "/")
	return name
}

var (
	idPattern    = regexp.MustCompile(`^[\w-]{1,512}$`)
	tablePattern = regexp.MustCompile(`^[0-9A-Za-z-]{1,60}$`)
)

// IsID says whether id can be that of a QuickSight resource.
func IsID(id string) bool { return idPattern.MatchString(id) }

// Validate reports every fault in the definition as a [check.Fault].
func (d Definition) Validate() error {
	faults := check.Of("dataset.Definition")
	checkID(faults, "ID", d.ID)
	faults.Want(d.Name != "" && len(d.Name) <= 128, "Name", d.Name, "1 to 128 characters")
	d.checkTables(faults)
	if len(d.Tables) == 0 {
		return faults.Err()
	}
	end := d.walk(faults)
	if end.lost {
		return faults.Err() // what follows would be about columns that nobody knows
	}
	for i, table := range d.Tables {
		faults.Want(end.joined[table.Name], fmt.Sprintf("Tables[%d].Name", i), table.Name, "a table that a step joins")
	}
	faults.Want(len(end.steps) <= 256, "Steps", len(end.steps), "at most 256 steps with those of all tables")
	faults.Want(len(end.columns) <= 2048, "Steps", len(end.columns), "at most 2048 columns in the end; add a step that projects")
	d.checkAbout(faults, end.columns)
	d.checkSecurity(faults, end.columns)
	d.checkRefresh(faults, end.columns)
	return faults.Err()
}

func (d Definition) checkTables(faults *check.Faults) {
	faults.Want(len(d.Tables) > 0 && len(d.Tables) <= 32, "Tables", len(d.Tables), "1 to 32 tables")
	for i, table := range d.Tables {
		at := fmt.Sprintf("Tables[%d]", i)
		twice := slices.ContainsFunc(d.Tables[:i], func(t Table) bool { return t.Name == table.Name })
		faults.Want(tablePattern.MatchString(table.Name) && !twice, at+".Name", table.Name, "1 to 60 letters, digits and hyphens that no other table has")
		faults.Want(i > 0 || len(table.Steps) == 0, at+".Steps", len(table.Steps), "none on the first table; put them before the dataset's steps")
		checkColumns(faults, at+".Columns", table.Columns)
		if table.From == nil {
			faults.Want(false, at+".From", "nothing", "a Relation, SQL, Manifest or Parent")
			continue
		}
		table.From.check(faults, at+".From")
		_, files := table.From.(Manifest)
		faults.Want(!files || !d.Direct, "Direct", d.Direct, "false, for files in S3 can only be copied into SPICE")
	}
}

func (d Definition) checkAbout(faults *check.Faults, columns []Column) {
	for i, about := range d.Columns {
		at := fmt.Sprintf("Columns[%d]", i)
		WantColumn(faults, columns, at+".Column", about.Column, "a column of the result")
		faults.Want(len(about.Description) <= 500, at+".Description", clip(about.Description), "at most 500 characters")
		faults.Want(about.Description != "" || about.Place != "", at, about.Column, "a description or a place of the column")
		faults.Want(about.Place == "" || slices.Contains(places, about.Place), at+".Place", string(about.Place), check.OneOf(places))
	}
	for i, folder := range d.Folders {
		at := fmt.Sprintf("Folders[%d]", i)
		twice := slices.ContainsFunc(d.Folders[:i], func(f Folder) bool { return f.Path == folder.Path })
		faults.Want(folder.Path != "" && !twice, at+".Path", folder.Path, "a path that no other folder has")
		d.checkNames(faults, at+".Columns", folder.Columns, columns)
	}
	faults.Want(len(d.Hierarchies) <= 8, "Hierarchies", len(d.Hierarchies), "at most 8")
	for i, h := range d.Hierarchies {
		at := fmt.Sprintf("Hierarchies[%d]", i)
		faults.Want(h.Name != "" && len(h.Name) <= 64, at+".Name", h.Name, "1 to 64 characters")
		faults.Want(len(h.Columns) <= 16, at+".Columns", len(h.Columns), "at most 16 columns")
		d.checkNames(faults, at+".Columns", h.Columns, columns)
	}
	if d.UniqueKey != "" {
		WantColumn(faults, columns, "UniqueKey", d.UniqueKey, "a column of the result")
	}
}

func (d Definition) checkNames(faults *check.Faults, field string, names []string, columns []Column) {
	faults.Want(len(names) > 0, field, 0, "at least one column")
	for i, name := range names {
		WantColumn(faults, columns, fmt.Sprintf("%s[%d]", field, i), name, "a column of the result")
	}
}

// JSON are the properties of AWS::QuickSight::DataSet of a sound definition, but for the
// account and the permissions. CreateDataSet takes the same, with the keys of FieldFolders in lower case
// and DataSetRefreshProperties by a call of its own.
func (d Definition) JSON(arn ARN) map[string]any {
	end := d.walk(check.Of(""))
	mode := "SPICE"
	if d.Direct {
		mode = "DIRECT_QUERY"
	}
	destination := d.id("destination/" + d.Tables[0].Name)
	return jsontree.Merge(jsontree.Object(
		"DataSetId", d.ID,
		"Name", d.Name,
		"ImportMode", mode,
		"PhysicalTableMap", d.physical(arn),
		"DataPrepConfiguration", map[string]any{
			"SourceTableMap":      d.sources(arn),
			"TransformStepMap":    end.steps,
			"DestinationTableMap": map[string]any{destination: map[string]any{"Alias": d.Name, "Source": end.source()}},
		},
		"SemanticModelConfiguration", map[string]any{"TableMap": map[string]any{d.id("model/" + d.Tables[0].Name): d.model(destination, arn)}},
		"ColumnGroups", jsontree.List(d.Hierarchies, func(_ int, h Hierarchy) any {
			return map[string]any{"GeoSpatialColumnGroup": jsontree.Object("Name", h.Name, "Columns", jsontree.Plain(h.Columns), "CountryCode", jsontree.When(h.US, "US"))}
		}),
		"FieldFolders", d.folders(),
		"ColumnLevelPermissionRules", d.hidden(arn),
		"PerformanceConfiguration", jsontree.When(d.UniqueKey != "", map[string]any{"UniqueKeys": []any{map[string]any{"ColumnNames": []any{d.UniqueKey}}}}),
		"UseAs", jsontree.When(d.ForRules, "RLS_RULES"),
		"DataSetRefreshProperties", d.Lookback.json(),
	), d.More)
}

func (d Definition) physical(arn ARN) map[string]any {
	tables := map[string]any{}
	for _, table := range d.Tables {
		if body := table.From.physical(table.Name, table.Columns, arn); body != nil {
			tables[d.id("table/"+table.Name)] = body
		}
	}
	return tables
}

func (d Definition) sources(arn ARN) map[string]any {
	sources := map[string]any{}
	for _, table := range d.Tables {
		source := map[string]any{"PhysicalTableId": d.id("table/" + table.Name)}
		if parent, is := table.From.(Parent); is {
			source = map[string]any{"DataSet": map[string]any{"DataSetArn": arn("dataset/" + parent.Dataset), "InputColumns": columnsJSON(table.Columns)}}
		}
		sources[d.id("source/"+table.Name)] = source
	}
	return sources
}

// model is the table as readers see it: who sees which rows, and what the columns mean.
func (d Definition) model(destination string, arn ARN) map[string]any {
	return jsontree.Object("Alias", d.Name, "DestinationTableId", destination,
		"RowLevelPermissionConfiguration", d.rowRules(arn),
		"SemanticMetadata", jsontree.Object("ColumnMetadata", jsontree.List(d.Columns, func(_ int, a About) any {
			var properties []any
			if a.Description != "" {
				properties = append(properties, map[string]any{"Description": map[string]any{"Text": a.Description}})
			}
			if a.Place != "" {
				properties = append(properties, map[string]any{"SemanticType": map[string]any{"GeographicalRole": string(a.Place)}})
			}
			return map[string]any{"ColumnNames": []any{a.Column}, "ColumnProperties": properties}
		})))
}

func (d Definition) folders() map[string]any {
	folders := map[string]any{}
	for _, folder := range d.Folders {
		folders[folder.Path] = jsontree.Object("Description", folder.Description, "Columns", jsontree.Plain(folder.Columns))
	}
	return folders
}
