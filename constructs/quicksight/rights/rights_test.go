package rights

import "testing"

func TestGreaterRolesHaveTheRightsOfSmallerOnes(t *testing.T) {
	for kind := range actions {
		before := 0
		for _, role := range Roles {
			n := len(Of(kind, role))
			if n < before || n > 20 {
				t.Errorf("%s of a %s has %d rights after %d; the service takes 20", role, kind, n, before)
			}
			before = n
		}
	}
	if got, want := len(Of(Dashboard, "")), len(Of(Dashboard, Reader)); got != want {
		t.Errorf("without a role %d rights; want a reader's %d", got, want)
	}
}
