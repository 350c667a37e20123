package olympics

import (
	"slices"

	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
)

const source = "athena-olympics" // id of the data source

// types are QuickSight's of the catalog's.
var types = map[string]dataset.Type{"string": dataset.String, "int": dataset.Integer, "date": dataset.DateTime}

// relation is the cleansed table of that name.
func relation(name, as string, steps ...dataset.Step) dataset.Table {
	i := slices.IndexFunc(tables, func(t table) bool { return t.name == name })
	r := dataset.Table{Name: as, From: dataset.Relation{Source: source, Catalog: "AwsDataCatalog", Schema: catalog, Table: name}, Steps: steps}
	for _, c := range tables[i].clean {
		r.Columns = append(r.Columns, dataset.Column{Name: c.Name, Type: types[c.Type]})
	}
	return r
}

// nightly reads a dataset anew every night.
var nightly = []dataset.Refresh{{ID: "nightly", Every: dataset.Daily, At: "03:00"}}

// details are the medals of 2021, each with who won it, who coached and who judged. A medal stands in as many rows as its event has coaches and its
// sport has officials, so medals are counted by their key.
var details = dataset.Definition{
	ID: "olympics-2021-details", Name: "Olympics 2021 Details",
	Tables: []dataset.Table{
		relation("medals_athletes_2021", "medals"),
		relation("athletes_full_2021", "athletes", dataset.Project{
			"athlete_name", "discipline_code", "country_code", "birth_date", "birth_place", "birth_country", "residence_place", "residence_country",
		}),
		relation("coach_full_2021", "coaches", dataset.Project{"country", "sport", "event", "coach_name"}),
		relation("tech_official_2021", "officials", dataset.Project{"sport", "official_name"}),
	},
	Steps: []dataset.Step{
		dataset.Join{Table: "athletes", Type: dataset.Left, On: dataset.On("athlete_name", "discipline_code", "country_code")},
		dataset.Join{Table: "coaches", Type: dataset.Left, On: dataset.On("country", "sport", "event")},
		dataset.Join{Table: "officials", Type: dataset.Left, On: dataset.On("sport")},
		dataset.Calculate{{Name: "medal_key", Type: dataset.String, Expression: "concat({event}, ' / ', {medal}, ' / ', {athlete_name})"}},
		dataset.Project{
			"medal_key", "medal", "medal_code", "medal_date", "athlete_name", "athlete_short_name", "gender", "athlete_link", "event", "country", "country_code",
			"sport", "birth_date", "birth_place", "birth_country", "residence_place", "residence_country", "coach_name", "official_name",
		},
	},
	Columns: []dataset.About{{Column: "country", Place: dataset.Country}, {Column: "birth_country", Place: dataset.Country}, {Column: "birth_place", Place: dataset.City}},
	Refresh: nightly,
}

// gamesDate is the first day of a year, since questions about time want a date.
var gamesDate = []dataset.Step{
	dataset.Calculate{{Name: "games_date", Type: dataset.String, Expression: "concat(toString({year}), '-01-01')"}},
	dataset.Cast{{Column: "games_date", To: dataset.DateTime, Format: "yyyy-MM-dd"}},
}

var (
	totals = dataset.Definition{
		ID: "medals-2021", Name: "Medals 2021", Tables: []dataset.Table{relation("medals_2021", "medals")}, Refresh: nightly,
		Columns: []dataset.About{{Column: "country", Place: dataset.Country}},
	}
	history = dataset.Definition{
		ID: "olympics-history", Name: "Olympics History", Tables: []dataset.Table{relation("olympics_history", "history")}, Steps: gamesDate, Refresh: nightly,
		Columns: []dataset.About{{Column: "country", Place: dataset.Country}, {Column: "city", Place: dataset.City}},
	}
	introduction = dataset.Definition{
		ID: "introduction-of-women-olympics-sports", Name: "Introduction of Women Olympics Sports",
		Tables: []dataset.Table{relation("introduction_of_women_olympics_sports", "sports")}, Steps: gamesDate, Refresh: nightly,
	}
	movement = dataset.Definition{
		ID: "women-in-the-olympic-movement", Name: "Women in the Olympic Movement",
		Tables: []dataset.Table{relation("women_in_the_olympic_movement", "games")}, Steps: gamesDate, Refresh: nightly,
	}
)

// datasets are what the topic is about.
var datasets = []dataset.Definition{details, totals, history, introduction, movement}
