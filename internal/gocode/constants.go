package gocode

// constants are the names of the packages' text constants, by type and value. `go test ./internal/gocode -update` writes
// them from the source.
var constants = map[string]map[string]string{
	"dataset.Figure":     {"AVERAGE": "Average", "COUNT": "Count", "DISTINCT_COUNT": "DistinctCount", "MAX": "Max", "MIN": "Min", "SUM": "Sum"},
	"dataset.Interval":   {"DAILY": "Daily", "HOURLY": "Hourly", "MINUTE15": "Every15Minutes", "MINUTE30": "Every30Minutes", "MONTHLY": "Monthly", "WEEKLY": "Weekly"},
	"dataset.JoinType":   {"INNER": "Inner", "LEFT": "Left", "OUTER": "Outer", "RIGHT": "Right"},
	"dataset.Place":      {"CITY": "City", "COUNTRY": "Country", "COUNTY": "County", "LATITUDE": "Latitude", "LONGITUDE": "Longitude", "POSTCODE": "Postcode", "STATE": "State"},
	"dataset.Type":       {"BOOLEAN": "Boolean", "DATETIME": "DateTime", "DECIMAL": "Decimal", "FLOAT": "Float", "INTEGER": "Integer", "STRING": "String"},
	"dataset.Unit":       {"DAY": "Days", "HOUR": "Hours", "WEEK": "Weeks"},
	"report.Aggregate":   {"AVERAGE": "Average", "COUNT": "Count", "DISTINCT_COUNT": "DistinctCount", "MAX": "Max", "MEDIAN": "Median", "MIN": "Min", "NONE": "None", "STDEV": "Stdev", "STDEVP": "StdevP", "SUM": "Sum", "VAR": "Var", "VARP": "VarP"},
	"report.Arrangement": {"CLUSTERED": "Clustered", "STACKED": "Stacked", "STACKED_PERCENT": "StackedPercent"},
	"report.Comparison":  {"CONTAINS": "Contains", "DOES_NOT_CONTAIN": "DoesNotContain", "DOES_NOT_EQUAL": "DoesNotEqual", "ENDS_WITH": "EndsWith", "EQUALS": "Equals", "STARTS_WITH": "StartsWith"},
	"report.ControlKind": {"DateTimePicker": "DatePicker", "Dropdown": "Dropdown", "List": "List", "RelativeDateTime": "RelativeDate", "Slider": "Slider", "TextField": "TextField"},
	"report.Fill":        {"AREA": "Area", "STACKED_AREA": "StackedArea"},
	"report.Granularity": {"DAY": "Day", "HOUR": "Hour", "MINUTE": "Minute", "MONTH": "Month", "QUARTER": "Quarter", "SECOND": "Second", "WEEK": "Week", "YEAR": "Year"},
	"report.Missing":     {"INTERPOLATE": "Continuous", "SHOW_AS_BLANK": "Broken", "SHOW_AS_ZERO": "Zero"},
	"topic.Aggregate":    {"AVERAGE": "Average", "COUNT": "Count", "DISTINCT_COUNT": "DistinctCount", "MAX": "Max", "MEDIAN": "Median", "MIN": "Min", "PERCENTILE": "Percentile", "STDEV": "Stdev", "STDEVP": "StdevP", "SUM": "Sum", "VAR": "Var", "VARP": "VarP"},
	"topic.Apply":        {"CONDITIONAL_VALUE_FILTER": "Unless", "ENFORCED_VALUE_FILTER": "Always", "NAMED_VALUE_FILTER": "Named"},
	"topic.Granularity":  {"DAY": "Day", "HOUR": "Hour", "MINUTE": "Minute", "MONTH": "Month", "QUARTER": "Quarter", "SECOND": "Second", "WEEK": "Week", "YEAR": "Year"},
	"topic.Interval":     {"DAILY": "Daily", "HOURLY": "Hourly", "MONTHLY": "Monthly", "WEEKLY": "Weekly"},
	"topic.Role":         {"DIMENSION": "Dimension", "MEASURE": "Measure"},
	"topic.Semantic":     {"Age": "Age", "Currency": "Currency", "Identifier": "Identifier", "Location": "Location", "Organization": "Organization", "Percentage": "Percentage", "Person": "Person"},
}
