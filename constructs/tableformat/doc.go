// Package tableformat turns a job into a user of an open table format: Hudi, Iceberg or
// Delta Lake, on EMR and on Glue.
//
// [Props] is one value that says which format, where the tables are and what keeps
// several writers apart. [Props.Use] derives everything that a job needs of it, as plain
// values that a construct for any engine can take: every spark.* setting, the jars that
// EMR has built in, Glue's job arguments, and the statements of the job's policy.
//
// The defaults are the ones that are safe for several writers. Each format needs
// something else for that, and none of them has it by default:
//
//   - Hudi: optimistic concurrency control, a lock, and failed writes cleaned LAZY; the
//     default is one writer, and two of them lose rows silently (of three writers' 70
//     rows 40, measured).
//   - Iceberg: Glue refuses a stale version of the table since Iceberg 1.0 asks it to;
//     the lock keeps writers apart where the catalog does not, and in what came before.
//   - Delta: S3 has no rename that fails; the log store keeps the versions in DynamoDB.
//     The default log store knows of one driver and overwrites what another one wrote.
//
// [LockTable] makes the DynamoDB table, [Maintenance] the arguments of the job that
// compacts, expires and vacuums.
package tableformat
