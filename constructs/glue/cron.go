package glue

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/lakekeel/lakekeel/internal/check"
)

// minGap is the shortest time between two starts by a schedule, in minutes:
// https://docs.aws.amazon.com/glue/latest/dg/monitor-data-warehouse-schedule.html.
const minGap = 5

// ValidateSchedule reports what is wrong with a schedule, as faults of the field
// "schedule". A schedule is AWS's cron expression of six fields, in UTC:
//
//	cron(minutes hours day-of-month month day-of-week year)
//
// The rules are those of the Glue page on time-based schedules: either
// day-of-month or day-of-week is "?", no two starts less than five minutes apart.
// "#" (the third Friday is 6#3) comes from EventBridge's page on the same
// expressions; Glue's own page does not list it.
func ValidateSchedule(expression string) error {
	faults := check.Of("")
	wantCron(faults, "schedule", expression)
	return faults.Err()
}

// A cronField is one of the six, with what it can hold besides numbers.
type cronField struct {
	name     string
	min, max int
	names    []string // of the numbers from min on
	special  *regexp.Regexp
	hint     string // says what special allows
}

var cronFields = [6]cronField{
	{name: "minutes", min: 0, max: 59},
	{name: "hours", min: 0, max: 23},
	{name: "day-of-month", min: 1, max: 31, special: regexp.MustCompile(`^(\?|L|([1-9]|[12]\d|3[01])W)$`), hint: `, "?", "L" or "15W"`},
	{name: "month", min: 1, max: 12, names: strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"), hint: " or JAN to DEC"},
	{name: "day-of-week", min: 1, max: 7, names: strings.Fields("SUN MON TUE WED THU FRI SAT"), special: regexp.MustCompile(`^(\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5]))$`), hint: `, SUN to SAT, "?", "L", "6L" or "6#3"`},
	{name: "year", min: 1970, max: 2199},
}

// The places of the fields in an expression.
const (
	atMinutes = iota
	atHours
	atDayOfMonth
	atMonth
	atDayOfWeek
)

// wantCron records every fault of the expression that stands in field.
func wantCron(faults *check.Faults, field, expression string) {
	inner, opened := strings.CutPrefix(expression, "cron(")
	inner, closed := strings.CutSuffix(inner, ")")
	parts := strings.Fields(inner)
	if !opened || !closed || len(parts) != len(cronFields) {
		faults.Want(false, field, expression, "cron(minutes hours day-of-month month day-of-week year), six fields, in UTC")
		return
	}
	var values [6][]int
	sound := true
	for i, f := range cronFields {
		set, bad, ok := f.parse(parts[i])
		values[i] = set
		sound = sound && ok
		faults.Want(ok, field, expression, fmt.Sprintf("%s of %d to %d%s, not %q", f.name, f.min, f.max, f.hint, bad))
	}
	unset := 0
	for _, i := range []int{atDayOfMonth, atDayOfWeek} {
		if parts[i] == "?" {
			unset++
		}
	}
	faults.Want(unset == 1, field, expression, `"?" in either day-of-month or day-of-week, and a value in the other`)
	if !sound || unset != 1 {
		return
	}
	faults.Want(happens(values), field, expression, "a day that comes in at least one of its months")
	gap := shortestGap(values)
	faults.Want(gap >= minGap, field, expression, fmt.Sprintf("starts that are at least %d minutes apart, not %d", minGap, gap))
}

// parse returns the numbers that text stands for, none if they depend on the
// month ("L", "15W", "6#3"), or the first part of it that is wrong.
func (f cronField) parse(text string) (values []int, bad string, ok bool) {
	if f.special != nil && f.special.MatchString(strings.ToUpper(text)) {
		return nil, "", true
	}
	for _, item := range strings.Split(text, ",") {
		set, ok := f.item(item)
		special := f.special != nil && item != "?" && f.special.MatchString(strings.ToUpper(item))
		if !ok && !special {
			return nil, item, false
		}
		values = append(values, set...)
	}
	slices.Sort(values)
	return slices.Compact(values), "", true
}

// item reads one of *, 5, 1-5, 0/15, 10-40/10 and */5.
func (f cronField) item(item string) ([]int, bool) {
	span, step, stepped := strings.Cut(item, "/")
	from, to, ranged := strings.Cut(span, "-")
	low, high := f.min, f.max
	every := 1
	if span != "*" {
		var ok bool
		if low, ok = f.number(from); !ok {
			return nil, false
		}
		if !stepped {
			high = low
		}
		if ranged {
			if high, ok = f.number(to); !ok || high < low {
				return nil, false
			}
		}
	}
	if stepped {
		var err error
		if every, err = strconv.Atoi(step); err != nil || every < 1 || every > f.max || !digits(step) {
			return nil, false
		}
	}
	var values []int
	for v := low; v <= high; v += every {
		values = append(values, v)
	}
	return values, true
}

// number reads a number or name of the field, within its range.
func (f cronField) number(text string) (int, bool) {
	if i := slices.Index(f.names, strings.ToUpper(text)); i >= 0 {
		return f.min + i, true
	}
	v, err := strconv.Atoi(text)
	return v, err == nil && digits(text) && v >= f.min && v <= f.max
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// happens tells whether one of the days comes in one of the months: the 31st of
// February, for example, would leave the workflow waiting for ever.
func happens(values [6][]int) bool {
	days := values[atDayOfMonth]
	if len(days) == 0 {
		return true
	}
	longest := 0
	for _, m := range values[atMonth] {
		length := [...]int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
		longest = max(longest, length[m-1])
	}
	return days[0] <= longest
}

// shortestGap is the shortest time between two starts, in minutes: within an hour,
// or from the last start of an hour to the first of the next.
func shortestGap(values [6][]int) int {
	m, h := values[atMinutes], values[atHours]
	shortest := 60 * 24
	for i := 1; i < len(m); i++ {
		shortest = min(shortest, m[i]-m[i-1])
	}
	days := follow(values[atDayOfMonth]) || follow(values[atDayOfWeek]) || slices.Contains(values[atDayOfWeek], 7) && slices.Contains(values[atDayOfWeek], 1)
	midnight := days && slices.Contains(h, 23) && slices.Contains(h, 0)
	if follow(h) || midnight {
		shortest = min(shortest, 60-m[len(m)-1]+m[0])
	}
	return shortest
}

// follow tells whether two of the sorted values are neighbours.
func follow(values []int) bool {
	for i := 1; i < len(values); i++ {
		if values[i] == values[i-1]+1 {
			return true
		}
	}
	return false
}
