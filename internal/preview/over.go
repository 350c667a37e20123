package preview

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/internal/check"
)

// Over makes a statement for Athena of one whose tables are data sets of the folder with templates at path. They stand in it by
// their names in double quotes, as a SELECT of the data set's tables, joins and other steps each. The
// database is that of the first table.
func Over(path, statement string) (text, database string, err error) {
	loaded, err := load(path)
	if err != nil {
		return "", "", err
	}
	var parts, known []string
	for _, id := range slices.Sorted(maps.Keys(loaded.Datasets)) {
		d := loaded.Datasets[id]
		known = append(known, d.Name)
		if !strings.Contains(statement, name(d.Name)) {
			continue
		}
		rows, err := selectOf(id, d.Output(), loaded.Datasets)
		if err != nil {
			return "", "", err
		}
		parts = append(parts, fmt.Sprintf("%s AS (%s)", name(d.Name), rows))
		if database == "" {
			database = databaseOf(Request{ID: id, All: loaded.Datasets})
		}
	}
	if len(parts) == 0 {
		return "", "", fmt.Errorf("the statement names no data set of %s; want %s", path, check.OneOf(known))
	}
	with := "WITH " + strings.Join(parts, ",\n")
	if own := len("WITH "); len(statement) > own && strings.EqualFold(statement[:own], "WITH ") {
		return with + ",\n" + statement[own:], database, nil
	}
	return with + "\n" + statement, database, nil
}

// SQL is a calculation of QuickSight in Athena's language.
func SQL(expression string) (string, error) { return sqlOf(expression) }
