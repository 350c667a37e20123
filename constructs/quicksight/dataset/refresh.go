package dataset

import (
	"fmt"
	"regexp"
	"slices"
	"time"
	_ "time/tzdata" // zones are checked, whatever the machine knows

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Refresh is a schedule by which rows are read anew. The rules are those of
// https://docs.aws.amazon.com/quicksight/latest/APIReference/API_RefreshFrequency.html.
type Refresh struct {
	ID string // unique in the dataset, letters, digits, hyphens

	// Incremental reads only the rows of the dataset's Lookback; otherwise all rows are read.
	Incremental bool

	Every Interval
	At    string // when, as "HH:MM"; needed from Daily on, and nothing else takes one
	On    string // the day, for Weekly "MONDAY" to "SUNDAY", for Monthly "1" to "28" or "LAST_DAY_OF_MONTH"
	Zone  string // of At, e.g. "Europe/Berlin"; if empty, UTC
}

// Interval is the time between two refreshes.
type Interval string

// The intervals there are. The service's floor is a quarter of an hour, and the two shortest are
// for incremental refreshes only.
const (
	Every15Minutes Interval = "MINUTE15"
	Every30Minutes Interval = "MINUTE30"
	Hourly         Interval = "HOURLY"
	Daily          Interval = "DAILY"
	Weekly         Interval = "WEEKLY"
	Monthly        Interval = "MONTHLY"
)

var intervals = []Interval{Every15Minutes, Every30Minutes, Hourly, Daily, Weekly, Monthly}

// maxSchedules is the service's limit:
// https://docs.aws.amazon.com/quicksight/latest/user/refreshing-imported-data.html.
const maxSchedules = 5

// Lookback is which rows an incremental refresh reads: those whose date is not older than this.
type Lookback struct {
	Column string // of dates; if empty, there is no incremental refresh
	Size   int    // 1 or more
	Unit   Unit
}

// Unit is what a [Lookback] is counted in.
type Unit string

// The units of a [Lookback].
const (
	Hours Unit = "HOUR"
	Days  Unit = "DAY"
	Weeks Unit = "WEEK"
)

var units = []Unit{Hours, Days, Weeks}

var (
	scheduleID       = regexp.MustCompile(`^[\w-]{1,128}$`)
	timeOfDay        = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
	dayOfMonth       = regexp.MustCompile(`^(LAST_DAY_OF_MONTH|1\d|2[0-8]|[1-9])$`)
	weekday          = regexp.MustCompile(`^(SUN|MON|TUES|WEDNES|THURS|FRI|SATUR)DAY$`)
	principalPattern = regexp.MustCompile(`^(user|group)/[\w.-]{1,64}/.+$`)
	principalInARN   = regexp.MustCompile(`:((?:user|group)/[\w.-]{1,64}/.+)$`)
)

func (d Definition) checkRefresh(faults *check.Faults, columns []Column) {
	faults.Want(len(d.Refresh) <= maxSchedules, "Refresh", len(d.Refresh), fmt.Sprintf("at most %d schedules", maxSchedules))
	faults.Want(!d.Direct || len(d.Refresh) == 0, "Refresh", len(d.Refresh), "no schedule, for a direct query is always up to date")
	incremental := slices.ContainsFunc(d.Refresh, func(r Refresh) bool { return r.Incremental })
	faults.Want(!incremental || d.Lookback.Column != "", "Lookback", "empty", "the rows that an incremental refresh reads")
	for i, r := range d.Refresh {
		at := fmt.Sprintf("Refresh[%d]", i)
		same := func(other Refresh) bool { return other.ID == r.ID }
		faults.Want(scheduleID.MatchString(r.ID) && !slices.ContainsFunc(d.Refresh[:i], same), at+".ID", r.ID, "1 to 128 letters, digits and hyphens that no other schedule has")
		r.check(faults, at)
		often := slices.Contains(intervals[:3], r.Every)
		faults.Want(!often || !slices.ContainsFunc(d.Refresh[:i], func(o Refresh) bool { return o.Every == r.Every }), at+".Every", string(r.Every),
			"an interval that no other schedule has, or one of a day and more")
	}
	if d.Lookback.Column != "" {
		d.checkLookback(faults, columns)
	}
}

func (d Definition) checkLookback(faults *check.Faults, columns []Column) {
	column, ok := WantColumn(faults, columns, "Lookback.Column", d.Lookback.Column, "a column of the result")
	faults.Want(!ok || column.Type == DateTime, "Lookback.Column", d.Lookback.Column, "a column of dates")
	faults.Want(d.Lookback.Size > 0, "Lookback.Size", d.Lookback.Size, "1 or more")
	faults.Want(slices.Contains(units, d.Lookback.Unit), "Lookback.Unit", string(d.Lookback.Unit), check.OneOf(units))
	faults.Want(!d.Direct, "Lookback", d.Lookback.Column, "nothing, for a direct query is always up to date")
	for i, table := range d.Tables {
		_, files := table.From.(Manifest)
		_, parent := table.From.(Parent)
		faults.Want(!files && !parent, fmt.Sprintf("Tables[%d].From", i), table.Name, "a Relation or SQL: only databases can be read by increments")
	}
}

func (r Refresh) check(faults *check.Faults, field string) {
	faults.Want(slices.Contains(intervals, r.Every), field+".Every", string(r.Every), check.OneOf(intervals)+"; 15 minutes is the service's floor")
	faults.Want(r.Incremental || r.Every != Every15Minutes && r.Every != Every30Minutes, field+".Every", string(r.Every), "HOURLY or longer, or an incremental refresh")
	long := r.Every == Daily || r.Every == Weekly || r.Every == Monthly
	faults.Want(timeOfDay.MatchString(r.At) || !long && r.At == "", field+".At", r.At, `a time as "HH:MM" from DAILY on, and nothing else`)
	faults.Want(long || r.At == "", field+".At", r.At, "nothing, for the interval is shorter than a day")
	switch r.Every {
	case Weekly:
		faults.Want(weekday.MatchString(r.On), field+".On", r.On, `a day from "MONDAY" to "SUNDAY"`)
	case Monthly:
		faults.Want(dayOfMonth.MatchString(r.On), field+".On", r.On, `"1" to "28" or "LAST_DAY_OF_MONTH"`)
	default:
		faults.Want(r.On == "", field+".On", r.On, "nothing but for WEEKLY and MONTHLY")
	}
	_, err := time.LoadLocation(r.Zone)
	faults.Want(err == nil, field+".Zone", r.Zone, `the name of a time zone, e.g. "Europe/Berlin"`)
}

// JSON is the Schedule of AWS::QuickSight::RefreshSchedule. CreateRefreshSchedule writes
// TimeZone as Timezone.
func (r Refresh) JSON() map[string]any {
	kind, zone := "FULL_REFRESH", r.Zone
	if r.Incremental {
		kind = "INCREMENTAL_REFRESH"
	}
	if zone == "" {
		zone = "UTC"
	}
	day := jsontree.Object("DayOfWeek", jsontree.When(r.Every == Weekly, r.On), "DayOfMonth", jsontree.When(r.Every == Monthly, r.On))
	return map[string]any{
		"ScheduleId": r.ID, "RefreshType": kind,
		"ScheduleFrequency": jsontree.Object("Interval", string(r.Every), "TimeOfTheDay", r.At, "TimeZone", zone, "RefreshOnDay", day),
	}
}

func (l Lookback) json() any {
	if l.Column == "" {
		return nil
	}
	window := map[string]any{"ColumnName": l.Column, "Size": l.Size, "SizeUnit": string(l.Unit)}
	return map[string]any{"RefreshConfiguration": map[string]any{"IncrementalRefresh": map[string]any{"LookbackWindow": window}}}
}

// ReadRefresh reads a schedule in the shape of CloudFormation or of the service's calls.
func ReadRefresh(schedule any) Refresh {
	n := jsontree.Of(jsontree.Plain(schedule))
	f := n.At("ScheduleFrequency")
	r := Refresh{
		ID: n.At("ScheduleId").Text(), Incremental: n.At("RefreshType").Text() == "INCREMENTAL_REFRESH",
		Every: Interval(f.At("Interval").Text()), At: f.At("TimeOfTheDay").Text(),
		On: f.At("RefreshOnDay", "DayOfWeek").Text() + f.At("RefreshOnDay", "DayOfMonth").Text(),
	}
	for _, key := range []string{"TimeZone", "Timezone"} {
		if zone := f.At(key).Text(); zone != "" && zone != "UTC" {
			r.Zone = zone
		}
	}
	return r
}

func readLookback(n jsontree.Node) Lookback {
	w := n.At("RefreshConfiguration", "IncrementalRefresh", "LookbackWindow")
	return Lookback{w.At("ColumnName").Text(), w.At("Size").Int(), Unit(w.At("SizeUnit").Text())}
}
