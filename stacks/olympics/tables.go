package olympics

import (
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/constructs/databrew"
	"github.com/lakekeel/lakekeel/constructs/glue"
	etl "github.com/lakekeel/lakekeel/etlScripts/olympics"
)

// A table is one file of the published data, and what cleansing makes of it: by the view etlScripts/olympics/views/<name>.sql,
// and by a recipe. Both must give the same rows; the system test compares them.
type table struct {
	name   string
	header []string      // of the file
	clean  []glue.Column // after the cleansing
	recipe []databrew.Step
}

// tables are those of the 2021 games, then the four that stand alone.
//
// A discipline is called sport everywhere. Its code is deleted where nothing is joined by it; of medals and athletes, which are
// joined by it, the dataset deletes it after the join.
var tables = []table{
	{
		name: "medals_athletes_2021",
		header: words("medal_type medal_code medal_date athlete_short_name athlete_name athlete_sex athlete_link event country country_code " +
			"discipline discipline_code"),
		clean: columns("medal:string medal_code:int medal_date:date athlete_short_name:string athlete_name:string gender:string athlete_link:string " +
			"event:string country:string country_code:string sport:string discipline_code:string"),
		recipe: []databrew.Step{
			databrew.RemoveMissing{Column: "athlete_name"},
			databrew.RemoveMissing{Column: "medal_type"},
			databrew.DeleteDuplicateRows{},
			databrew.Split{Column: "medal_type", At: " ", Times: 1},
			databrew.Delete{"medal_type", "medal_type_2"},
			databrew.Rename{Column: "medal_type_1", To: "medal"},
			databrew.ChangeType{Column: "medal_date", To: databrew.Timestamp},
			databrew.ChangeType{Column: "medal_date", To: databrew.Date},
			databrew.ChangeType{Column: "medal_code", To: databrew.Int},
			databrew.Rename{Column: "athlete_sex", To: "gender"},
			databrew.Rename{Column: "discipline", To: "sport"},
		},
	}, {
		name: "athletes_full_2021",
		header: words("name short_name gender birth_date birth_place birth_country country country_code discipline discipline_code " +
			"residence_place residence_country height_m/ft url"),
		clean: columns("athlete_name:string gender:string birth_date:date birth_place:string birth_country:string country:string country_code:string " +
			"sport:string discipline_code:string residence_place:string residence_country:string"),
		recipe: []databrew.Step{
			databrew.DeleteDuplicateRows{},
			databrew.Rename{Column: "name", To: "athlete_name"},
			databrew.Rename{Column: "discipline", To: "sport"},
			databrew.ChangeType{Column: "birth_date", To: databrew.Date},
			databrew.Delete{"short_name", "height_m/ft", "url"},
		},
	}, {
		name:   "coach_full_2021",
		header: words("name gender birth_date country country_code discipline discipline_code event function"),
		clean:  columns("coach_name:string gender:string birth_date:date country:string country_code:string sport:string event:string"),
		recipe: []databrew.Step{
			databrew.DeleteDuplicateRows{},
			databrew.Rename{Column: "name", To: "coach_name"},
			databrew.Rename{Column: "discipline", To: "sport"},
			databrew.Delete{"discipline_code", "function"},
			databrew.ChangeType{Column: "birth_date", To: databrew.Date},
		},
	}, {
		name:   "tech_official_2021",
		header: words("name gender birth_date country country_code discipline discipline_code function"),
		clean:  columns("official_name:string gender:string birth_date:date country:string country_code:string sport:string"),
		recipe: []databrew.Step{
			databrew.DeleteDuplicateRows{},
			databrew.Rename{Column: "name", To: "official_name"},
			databrew.Rename{Column: "discipline", To: "sport"},
			databrew.Delete{"discipline_code", "function"},
			databrew.ChangeType{Column: "birth_date", To: databrew.Date},
		},
	}, {
		name:   "medals_2021",
		header: []string{"Rank", "Team/NOC", "country_code", "Gold Medal", "Silver Medal", "Bronze Medal", "Total", "Rank by Total"},
		clean:  columns("rank:int country:string country_code:string gold:int silver:int bronze:int total:int rank_by_total:int"),
		recipe: slices.Concat([]databrew.Step{
			databrew.DeleteDuplicateRows{},
			databrew.Rename{Column: "Team/NOC", To: "country"},
			databrew.Rename{Column: "Rank", To: "rank"},
			databrew.Rename{Column: "Gold Medal", To: "gold"},
			databrew.Rename{Column: "Silver Medal", To: "silver"},
			databrew.Rename{Column: "Bronze Medal", To: "bronze"},
			databrew.Rename{Column: "Total", To: "total"},
			databrew.Rename{Column: "Rank by Total", To: "rank_by_total"},
		}, integers("rank", "gold", "silver", "bronze", "total", "rank_by_total")),
	}, {
		name:   "olympics_history",
		header: words("ID Name Sex Age Height Weight Team NOC Games Year Season City Sport Event Medal"),
		clean: columns("id:int athlete_name:string gender:string age:int height:int weight:int country:string country_code:string games:string year:int " +
			"season:string city:string sport:string event:string medal:string"),
		recipe: slices.Concat([]databrew.Step{
			databrew.DeleteDuplicateRows{},
			databrew.Rename{Column: "Name", To: "athlete_name"},
			databrew.Rename{Column: "Sex", To: "gender"},
			databrew.Rename{Column: "Team", To: "country"},
			databrew.Rename{Column: "NOC", To: "country_code"},
		}, lower("ID", "Age", "Height", "Weight", "Games", "Year", "Season", "City", "Sport", "Event", "Medal"),
			integers("id", "year"), wholes("age", "height", "weight")),
	}, {
		name:   "introduction_of_women_olympics_sports",
		header: words("Year Sport"),
		clean:  columns("year:int sport:string"),
		recipe: slices.Concat([]databrew.Step{databrew.DeleteDuplicateRows{}}, lower("Year", "Sport"), integers("year")),
	}, {
		name: "women_in_the_olympic_movement",
		header: []string{"Year", "Olympics Season", "Sports", "Women's Events", "Total Events", "% of Women's Events", "Women's Participants",
			"% of Women's Participants"},
		clean: columns("year:int olympics_season:string sports:int womens_events:int total_events:int womens_participants:int"),
		recipe: slices.Concat([]databrew.Step{
			databrew.DeleteDuplicateRows{},
			databrew.Delete{"% of Women's Events", "% of Women's Participants"},
			databrew.Rename{Column: "Olympics Season", To: "olympics_season"},
			databrew.Rename{Column: "Women's Events", To: "womens_events"},
			databrew.Rename{Column: "Total Events", To: "total_events"},
			databrew.Rename{Column: "Women's Participants", To: "womens_participants"},
		}, lower("Year", "Sports"), integers("year", "sports", "womens_events", "total_events", "womens_participants")),
	},
}

// integers turns columns into integers.
func integers(names ...string) []databrew.Step {
	var steps []databrew.Step
	for _, name := range names {
		steps = append(steps, databrew.ChangeType{Column: name, To: databrew.Int})
	}
	return steps
}

// wholes turns columns of measurements into integers. A value that is none, such as NA, becomes null; of a fraction the whole part is kept.
func wholes(names ...string) []databrew.Step {
	var steps []databrew.Step
	for _, name := range names {
		steps = append(steps, databrew.ChangeType{Column: name, To: databrew.Double}, databrew.ChangeType{Column: name, To: databrew.Int})
	}
	return steps
}

// lower gives columns their own names in lower case, as the catalog has them.
func lower(names ...string) []databrew.Step {
	var steps []databrew.Step
	for _, name := range names {
		steps = append(steps, databrew.Rename{Column: name, To: strings.ToLower(name)})
	}
	return steps
}

func words(text string) []string { return strings.Fields(text) }

// columns are written as "name:type name:type".
func columns(text string) []glue.Column {
	var list []glue.Column
	for _, word := range words(text) {
		name, kind, _ := strings.Cut(word, ":")
		list = append(list, glue.Column{Name: name, Type: kind})
	}
	return list
}

// raw are the file's columns under names that the catalog takes, all of them text.
func (t table) raw() []glue.Column {
	list := make([]glue.Column, len(t.header))
	for i, name := range t.header {
		list[i] = glue.Column{Name: rawName(name), Type: "string"}
	}
	return list
}

// rawName writes a heading in lower case, with a low line for whatever no column's name may have.
func rawName(heading string) string {
	heading = strings.NewReplacer("'", "", "%", "share").Replace(strings.ToLower(heading))
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, heading)
}

// view is the cleansing as SQL.
func (t table) view() string {
	text, err := etl.Files.ReadFile("views/" + t.name + ".sql")
	if err != nil {
		panic(err) // embedded
	}
	return string(text)
}
