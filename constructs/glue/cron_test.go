package glue

import (
	"testing"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

func TestSchedulesThatGlueTakes(t *testing.T) {
	for _, cron := range []string{
		"cron(0 10 1 * ? *)",
		"cron(15 12 * * ? *)",
		"cron(0/5 * * * ? *)",
		"cron(*/5 8-17 ? * MON-FRI *)",
		"cron(0,30 8-17/3 ? JAN,MAR-MAY mon,WED *)",
		"cron(0 18 L * ? *)",
		"cron(0 18 ? * 6L *)",
		"cron(0 18 ? * L *)",
		"cron(0 18 ? * FRI#2 *)",
		"cron(0 18 3W * ? *)",
		"cron(0 0 29 2 ? 2028)",
		"cron(0 0 1 1 ? 1970-2199/2)",
		"cron(58,3 10,12 * * ? *)",  // the 3rd and 58th minute of hours that are not neighbours
		"cron(0,59 0,23 1 * ? *)",   // midnight of days that are not neighbours
		"cron(0  10   1\t*  ?   *)", // any white space
	} {
		if err := ValidateSchedule(cron); err != nil {
			t.Errorf("%s: %v", cron, err)
		}
	}
}

func TestSchedulesThatGlueRefuses(t *testing.T) {
	six := "cron(minutes hours day-of-month month day-of-week year), six fields, in UTC"
	question := `"?" in either day-of-month or day-of-week, and a value in the other`
	for cron, want := range map[string]string{
		"":                              six,
		"0 10 1 * ? *":                  six,
		"rate(5 minutes)":               six,
		"cron(0 10 1 * ?)":              six,
		"cron(0 10 1 * ? * *)":          six,
		"cron(0 10 1 * ? *":             six,
		"cron(0 10 1 * * *)":            question,
		"cron(0 10 ? * ? *)":            question,
		"cron(0 10 15 * MON *)":         question,
		"cron(60 10 1 * ? *)":           `minutes of 0 to 59, not "60"`,
		"cron(-1 10 1 * ? *)":           `minutes of 0 to 59, not "-1"`,
		"cron(0 24 1 * ? *)":            `hours of 0 to 23, not "24"`,
		"cron(0 9-8 1 * ? *)":           `hours of 0 to 23, not "9-8"`,
		"cron(0 10 32 * ? *)":           `day-of-month of 1 to 31, "?", "L" or "15W", not "32"`,
		"cron(0 10 32W * ? *)":          `day-of-month of 1 to 31, "?", "L" or "15W", not "32W"`,
		"cron(0 10 1 13 ? *)":           `month of 1 to 12 or JAN to DEC, not "13"`,
		"cron(0 10 1 JANUARY ? *)":      `month of 1 to 12 or JAN to DEC, not "JANUARY"`,
		"cron(0 10 ? * 0 *)":            `day-of-week of 1 to 7, SUN to SAT, "?", "L", "6L" or "6#3", not "0"`,
		"cron(0 10 ? * 6#6 *)":          `day-of-week of 1 to 7, SUN to SAT, "?", "L", "6L" or "6#3", not "6#6"`,
		"cron(0 10 ? * 15W *)":          `day-of-week of 1 to 7, SUN to SAT, "?", "L", "6L" or "6#3", not "15W"`,
		"cron(0 10 1 * ? 1969)":         `year of 1970 to 2199, not "1969"`,
		"cron(0 10 1 * ? 2200)":         `year of 1970 to 2199, not "2200"`,
		"cron(0/0 10 1 * ? *)":          `minutes of 0 to 59, not "0/0"`,
		"cron(0/x 10 1 * ? *)":          `minutes of 0 to 59, not "0/x"`,
		"cron(0, 10 1 * ? *)":           `minutes of 0 to 59, not ""`,
		"cron(? 10 1 * ? *)":            `minutes of 0 to 59, not "?"`,
		"cron(0 10 1,? * ? *)":          `day-of-month of 1 to 31, "?", "L" or "15W", not "?"`,
		"cron(+5 10 1 * ? *)":           `minutes of 0 to 59, not "+5"`,
		"cron(0 10 31 2,4 ? *)":         "a day that comes in at least one of its months",
		"cron(* * * * ? *)":             "starts that are at least 5 minutes apart, not 1",
		"cron(0/4 * * * ? *)":           "starts that are at least 5 minutes apart, not 4",
		"cron(0,3 10 1 * ? *)":          "starts that are at least 5 minutes apart, not 3",
		"cron(58,1 10,11 1 * ? *)":      "starts that are at least 5 minutes apart, not 3",
		"cron(0,59 0,23 * * ? *)":       "starts that are at least 5 minutes apart, not 1",
		"cron(0,59 0,23 ? * SAT,SUN *)": "starts that are at least 5 minutes apart, not 1",
	} {
		checktest.Message(t, ValidateSchedule(cron), `schedule is "`+cron+`"; want `+want)
	}
}

func TestEveryFaultOfAScheduleIsReported(t *testing.T) {
	err := ValidateSchedule("cron(61 25 1 * * *)")
	want := `schedule is "cron(61 25 1 * * *)"; want minutes of 0 to 59, not "61"
schedule is "cron(61 25 1 * * *)"; want hours of 0 to 23, not "25"
schedule is "cron(61 25 1 * * *)"; want "?" in either day-of-month or day-of-week, and a value in the other`
	checktest.Message(t, err, want)
}
