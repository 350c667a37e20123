package tableformat

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/lakekeel/lakekeel/internal/check"
)

// Maintenance is what keeps a table fast and small: small files are compacted, versions
// that nobody needs any more are expired, and files that no version names are removed.
// It becomes the arguments of etlScripts/scd2/maintain.py, run on a schedule.
type Maintenance struct {
	Format   Format
	Database string
	Table    string

	// Keep is how long a version stays readable: for time travel, and for readers
	// that began with it. Whole hours; if zero, seven days, which is also the least
	// that Delta's VACUUM does without being forced.
	Keep time.Duration

	KeepLast   int // newest versions that stay however old they are, 1 or more; if zero, 10
	TargetFile int // size of a file after compaction, MiB, 16 to 2048; if zero, 128

	// Orphans is the age at which a file that no version names is taken for left
	// behind. It must be longer than the longest write, whose files are not named yet.
	// Whole hours, 24 or more, Iceberg only; if zero, 72 (Iceberg's own default).
	Orphans time.Duration

	// Manifest writes the list of files that Athena's external table over a Delta
	// table reads (symlink_format_manifest).
	Manifest bool
}

// leastKeep is what a reader in flight needs; Delta's own safety check is at 168 hours:
// https://docs.delta.io/3.3.0/delta-utility.html#remove-files-no-longer-referenced-by-a-delta-table.
var leastKeep = map[Format]time.Duration{Hudi: time.Hour, Iceberg: time.Hour, Delta: 168 * time.Hour}

const (
	defaultKeep    = 168 * time.Hour
	defaultOrphans = 72 * time.Hour
)

// Arguments are those of the maintenance job, keyed without the leading "--".
func (m Maintenance) Arguments() map[string]string {
	arguments := map[string]string{
		"format":      string(m.Format),
		"database":    m.Database,
		"table":       m.Table,
		"keep-hours":  hours(cmp.Or(m.Keep, defaultKeep)),
		"keep-last":   strconv.Itoa(cmp.Or(m.KeepLast, 10)),
		"target-file": strconv.Itoa(cmp.Or(m.TargetFile, 128)),
	}
	if m.Format == Iceberg {
		arguments["orphan-hours"] = hours(cmp.Or(m.Orphans, defaultOrphans))
	}
	if m.Manifest {
		arguments["manifest"] = "true"
	}
	return arguments
}

func hours(d time.Duration) string { return strconv.Itoa(int(d.Hours())) }

// Validate reports every fault in the settings as a [check.Fault].
func (m Maintenance) Validate() error {
	faults := check.Of("tableformat.Maintenance")
	faults.Want(slices.Contains(formats, m.Format), "Format", string(m.Format), check.Suggest(check.OneOf(formats), string(m.Format), formats))
	faults.Want(databaseName.MatchString(m.Database), "Database", m.Database, "a catalog database of a to z, 0 to 9 and _")
	faults.Want(databaseName.MatchString(m.Table), "Table", m.Table, "a table of a to z, 0 to 9 and _")
	keep, least := cmp.Or(m.Keep, defaultKeep), leastKeep[m.Format]
	faults.Want(keep >= least && keep%time.Hour == 0, "Keep", m.Keep, fmt.Sprintf("whole hours, %s or more, or 0 for %s", least, defaultKeep))
	faults.Want(m.KeepLast >= 0, "KeepLast", m.KeepLast, "1 or more, or 0 for 10")
	size := cmp.Or(m.TargetFile, 128)
	faults.Want(size >= 16 && size <= 2048, "TargetFile", m.TargetFile, "16 to 2048 MiB, or 0 for 128")
	if m.Format == Iceberg {
		orphans := cmp.Or(m.Orphans, defaultOrphans)
		faults.Want(orphans >= 24*time.Hour && orphans%time.Hour == 0, "Orphans", m.Orphans, "whole hours, 24h0m0s or more, or 0 for 72h0m0s")
	} else {
		faults.Want(m.Orphans == 0, "Orphans", m.Orphans, "nothing; only Iceberg looks for them apart from expiring")
	}
	faults.Want(!m.Manifest || m.Format == Delta, "Manifest", m.Manifest, "false; only Delta has one")
	return faults.Err()
}
