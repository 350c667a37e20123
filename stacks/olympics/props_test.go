package olympics

import (
	"testing"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

func TestPropsValidate(t *testing.T) {
	checktest.Case(t, "nothing needs to be said", Props{}.Validate(), "")
	checktest.Case(t, "everything", Props{SampleData: true, Topic: true, Readers: []string{"fans", "all.users"}}.Validate(), "")
	checktest.Case(t, "readers of nothing", Props{Readers: []string{"fans"}}.Validate(), "olympics.Props.Readers is [fans]; want nobody, since there is no Topic")
	checktest.Case(t, "a reader by path", Props{Topic: true, Readers: []string{"fans", "group/default/all"}}.Validate(),
		`olympics.Props.Readers[1] is "group/default/all"; want the name of a group of QuickSight`)
}
