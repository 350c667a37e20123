package rights_test

import (
	"fmt"

	"github.com/lakekeel/lakekeel/constructs/quicksight/rights"
)

func ExampleOf() {
	fmt.Println(rights.Of(rights.Dashboard, rights.Reader))
	fmt.Println(len(rights.Of(rights.DataSet, rights.Reader)))
	// Output:
	// [quicksight:DescribeDashboard quicksight:ListDashboardVersions quicksight:QueryDashboard]
	// 0
}
