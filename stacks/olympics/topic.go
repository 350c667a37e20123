package olympics

import (
	"github.com/lakekeel/lakekeel/constructs/quicksight/dataset"
	"github.com/lakekeel/lakekeel/constructs/quicksight/topic"
)

// What several datasets have, and questions call alike.
var (
	player = topic.Field{Column: "athlete_name", Name: "Player Name", Synonyms: []string{"player", "sportsman"}, Semantic: topic.Person}
	gender = topic.Field{Column: "gender", Name: "Gender", Synonyms: []string{"sex"}, Values: []topic.Value{
		{Value: "F", Synonyms: []string{"Female", "women"}}, {Value: "M", Synonyms: []string{"Male", "men"}},
	}}
	country = topic.Field{Column: "country", Name: "Country", Synonyms: []string{"nation", "team"}}
	// Of 2021, "where" is the country that somebody won for; of former games the city that they were in.
	home  = topic.Field{Column: "country", Name: "Country", Synonyms: []string{"nation", "team"}, Semantic: topic.Location}
	sport = topic.Field{Column: "sport", Name: "Sport", Synonyms: []string{"discipline"}}
	year  = topic.Field{Column: "year", Name: "Year", Role: topic.Dimension}
	medal = topic.Field{Column: "medal", Name: "Medal", Synonyms: []string{"medal type"}, Values: []topic.Value{{Value: "Gold", Synonyms: []string{"first place"}}}}
)

// subject is the topic. What must be possible to ask of it stands in questions.yaml; a test holds it to that.
var subject = topic.Definition{
	ID: "olympics", Name: "Olympics", Description: "Athletes, countries and medals of the Olympic Games",
	Instructions: "Medals of 2021 are in Olympics 2021 Details and Medals 2021; all games before are in Olympics History.",
	Datasets: []topic.Dataset{
		about(details, topic.Dataset{
			Date: "medal_date", By: topic.Day,
			Fields: []topic.Field{
				{Column: "medal_key", Name: "Medals", Synonyms: []string{"medals won"}, Role: topic.Measure, Default: topic.DistinctCount, Only: []topic.Aggregate{topic.DistinctCount}},
				player, gender, home, sport, medal,
				{Column: "medal_date", Name: "Medal Date", Synonyms: []string{"day won"}, By: topic.Day},
				{Column: "medal_code", Name: "Place", Role: topic.Dimension},
				{Column: "birth_date", Name: "Athlete Birth Date", Synonyms: []string{"born", "birthday"}, By: topic.Day},
				{Column: "birth_place", Name: "Birth Place"}, {Column: "birth_country", Name: "Birth Country"},
				{Column: "residence_place", Name: "Residence"}, {Column: "residence_country", Name: "Country of Residence"},
				{Column: "coach_name", Name: "Coach"}, {Column: "official_name", Name: "Technical Official", Synonyms: []string{"judge"}},
				{Column: "event", Name: "Event"},
				{Column: "athlete_short_name", Excluded: true}, {Column: "athlete_link", Excluded: true}, {Column: "country_code", Excluded: true},
			},
		}),
		about(totals, topic.Dataset{
			Fields: []topic.Field{
				country, {Column: "country_code", Name: "Country Code", Synonyms: []string{"NOC"}},
				{Column: "rank", Name: "Rank", Role: topic.Dimension}, {Column: "rank_by_total", Name: "Rank by Total", Role: topic.Dimension},
				{Column: "gold", Name: "Gold", Default: topic.Sum}, {Column: "silver", Name: "Silver", Default: topic.Sum}, {Column: "bronze", Name: "Bronze", Default: topic.Sum},
				{Column: "total", Name: "Total Medals", Synonyms: []string{"medals"}, Default: topic.Sum},
			},
		}),
		about(history, topic.Dataset{
			Date: "games_date", By: topic.Year,
			Fields: []topic.Field{
				player, gender, country, sport, medal, year,
				{Column: "age", Name: "Age", Role: topic.Dimension, Semantic: topic.Age, Description: "in years, at the games"},
				{Column: "height", Name: "Height", Default: topic.Average, Never: []topic.Aggregate{topic.Sum}, Description: "in centimetres"},
				{Column: "weight", Name: "Weight", Default: topic.Average, Never: []topic.Aggregate{topic.Sum}, Description: "in kilograms"},
				{Column: "id", Name: "Entry", Role: topic.Dimension}, {Column: "country_code", Name: "Country Code", Synonyms: []string{"NOC"}},
				{Column: "games", Name: "Games"}, {Column: "season", Name: "Season"}, {Column: "event", Name: "Event"},
				{Column: "city", Name: "City", Synonyms: []string{"host city"}, Semantic: topic.Location}, {Column: "games_date", Name: "Games Date", By: topic.Year},
			},
			Calculated: []topic.Calculated{{
				Field: topic.Field{Column: "Age Groups", Synonyms: []string{"age group"}}, Type: dataset.String,
				Expression: "ifelse(isNull({age}), 'unknown', {age} <= 20, '0-20', {age} <= 40, '21-40', {age} <= 60, '41-60', 'above 60')",
			}},
			Entities: []topic.Entity{{Name: "Player Profile", Synonyms: []string{"profile"}, Fields: []topic.Part{
				{Column: "athlete_name", Primary: true}, {Column: "age"}, {Column: "country"}, {Column: "sport"}, {Column: "medal"},
			}}},
		}),
		about(introduction, topic.Dataset{
			Date: "games_date", By: topic.Year,
			Fields: []topic.Field{sport, year, {Column: "games_date", Name: "Introduction Date", Synonyms: []string{"introduced"}, By: topic.Year}},
		}),
		about(movement, topic.Dataset{
			Date: "games_date", By: topic.Year,
			Fields: []topic.Field{
				year, {Column: "games_date", Name: "Games Date", By: topic.Year}, {Column: "olympics_season", Name: "Olympics Season", Synonyms: []string{"season"}},
				{Column: "sports", Name: "Sports", Default: topic.Sum}, {Column: "womens_events", Name: "Women's Events", Default: topic.Sum},
				{Column: "total_events", Name: "Total Events", Synonyms: []string{"events"}, Default: topic.Sum, Never: []topic.Aggregate{topic.Average}},
				{Column: "womens_participants", Name: "Women's Participants", Synonyms: []string{"participants"}, Default: topic.Sum},
			},
			Filters: []topic.Filter{{Name: "Summer", Column: "olympics_season", Apply: topic.Unless, In: []string{"Summer"},
				Description: "Games are those in summer, unless the question says another season"}},
		}),
	},
}

// about adds to a dataset what is said of it.
func about(d dataset.Definition, said topic.Dataset) topic.Dataset {
	s := topic.Of(d)
	said.ID, said.Name, said.Columns = s.ID, s.Name, s.Columns
	return said
}
