package topic

import (
	"regexp"
	"slices"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/jsontree"
)

// Refresh is when the index of a dataset's values is made anew, so that questions find new ones.
// The zero value follows the dataset's own refreshes in SPICE. See
// https://docs.aws.amazon.com/quicksight/latest/APIReference/API_TopicRefreshSchedule.html.
type Refresh struct {
	Every Interval // if empty, with the dataset
	At    string   // the time of day, as "HH:MM"; needed from Daily on
	On    string   // for Weekly "MONDAY" to "SUNDAY", for Monthly "1" to "28" or "LAST_DAY_OF_MONTH"
	Zone  string   // of At; if empty, UTC
}

// Interval is the time between two refreshes of a topic.
type Interval string

// The intervals.
const (
	Hourly  Interval = "HOURLY"
	Daily   Interval = "DAILY"
	Weekly  Interval = "WEEKLY"
	Monthly Interval = "MONTHLY"
)

var (
	intervals  = []Interval{Hourly, Daily, Weekly, Monthly}
	timeOfDay  = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
	weekday    = regexp.MustCompile(`^(SUN|MON|TUES|WEDNES|THURS|FRI|SATUR)DAY$`)
	dayOfMonth = regexp.MustCompile(`^(LAST_DAY_OF_MONTH|1\d|2[0-8]|[1-9])$`)
)

func (r Refresh) check(faults *check.Faults, at string) {
	if r.Every == "" {
		faults.Want(r.At == "" && r.On == "" && r.Zone == "", at+".Every", "", check.OneOf(intervals)+", or nothing at all")
		return
	}
	faults.Want(slices.Contains(intervals, r.Every), at+".Every", string(r.Every), check.OneOf(intervals))
	faults.Want(r.Every == Hourly && r.At == "" || r.Every != Hourly && timeOfDay.MatchString(r.At), at+".At", r.At, `a time as "HH:MM" from DAILY on, and nothing else`)
	switch r.Every {
	case Weekly:
		faults.Want(weekday.MatchString(r.On), at+".On", r.On, `a day from "MONDAY" to "SUNDAY"`)
	case Monthly:
		faults.Want(dayOfMonth.MatchString(r.On), at+".On", r.On, `"1" to "28" or "LAST_DAY_OF_MONTH"`)
	default:
		faults.Want(r.On == "", at+".On", r.On, "nothing but for WEEKLY and MONTHLY")
	}
}

// JSON is the service's TopicRefreshSchedule.
func (r Refresh) JSON() map[string]any {
	zone := r.Zone
	if zone == "" {
		zone = "UTC"
	}
	if r.Every == "" {
		return map[string]any{"IsEnabled": true, "BasedOnSpiceSchedule": true}
	}
	repeat := r.At
	if r.On != "" {
		repeat = r.On + " " + r.At
	}
	return jsontree.Object("IsEnabled", true, "BasedOnSpiceSchedule", false, "TopicScheduleType", string(r.Every), "RepeatAt", repeat, "Timezone", zone)
}
