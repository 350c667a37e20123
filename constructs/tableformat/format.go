package tableformat

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
)

// Format is an open table format.
type Format string

const (
	Hudi    Format = "hudi"
	Iceberg Format = "iceberg"
	Delta   Format = "delta"
)

var formats = []Format{Hudi, Iceberg, Delta}

// DefaultRelease is the EMR release of a job that names none.
const DefaultRelease = "emr-7.9.0-latest"

// A release is an EMR release's number; what is built in changed with it.
type release struct{ major, minor int }

var releaseLabel = regexp.MustCompile(`^emr-([67])\.([0-9]{1,2})\.[0-9]{1,2}(-.+)?$`)

// parseRelease reads a label such as "emr-7.9.0-latest". EMR 6.8, which has Hudi 0.11,
// Iceberg 0.14 and Delta 2.1, is the oldest with all that is used here.
func parseRelease(label string) (release, bool) {
	parts := releaseLabel.FindStringSubmatch(cmp.Or(label, DefaultRelease))
	if parts == nil {
		return release{}, false
	}
	major, _ := strconv.Atoi(parts[1])
	minor, _ := strconv.Atoi(parts[2])
	r := release{major, minor}
	return r, r.atLeast(6, 8)
}

func (r release) atLeast(major, minor int) bool {
	return r.major > major || r.major == major && r.minor >= minor
}

// builtIn are the jars that an EMR release carries for the format, in its image:
// https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/tutorial-delta-lake.html
// and tutorial-iceberg.html beside it, and for Hudi
// https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/using-hudi.html.
func (r release) builtIn(format Format) []string {
	switch format {
	case Hudi:
		jars := []string{"local:///usr/lib/hudi/hudi-spark-bundle.jar"}
		if r.atLeast(6, 9) { // Hudi 0.12 took the lock and the Glue sync out of its Spark bundle
			jars = append(jars, "local:///usr/lib/hudi/hudi-aws-bundle.jar")
		}
		return jars
	case Iceberg:
		return []string{"local:///usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar"}
	}
	core := "delta-spark" // Delta 3.0 renamed it
	if r.major < 7 {
		core = "delta-core"
	}
	var jars []string
	for _, name := range []string{core, "delta-storage", "delta-storage-s3-dynamodb"} {
		jars = append(jars, fmt.Sprintf("local:///usr/share/aws/delta/lib/%s.jar", name))
	}
	return jars
}

// Packages are the Maven coordinates of the format's jars for a Spark 3.5 of one's own,
// in the versions that the tests of etlScripts/scd2 run with: neither EMR nor Glue needs them.
// Iceberg 1.7.1 crashed Spark 3.5's JVM in a merge of a million rows; 1.8.1 is right.
func (f Format) Packages() []string {
	return map[Format][]string{
		Hudi:    {"org.apache.hudi:hudi-spark3.5-bundle_2.12:0.15.0", "org.apache.hudi:hudi-aws:0.15.0"},
		Iceberg: {"org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.8.1", "org.apache.iceberg:iceberg-aws-bundle:1.8.1"},
		Delta:   {"io.delta:delta-spark_2.12:3.3.0", "io.delta:delta-storage-s3-dynamodb:3.3.0"},
	}[f]
}
