package tableformat

import (
	"cmp"
	"maps"
	"strings"
)

// defaultCatalog is Iceberg's name in SQL when the props name none.
const defaultCatalog = "lake"

// How long a writer waits for the lock before it fails. A commit takes seconds, and a
// lock whose holder was killed is free again after its lease (20 s for Hudi, 15 s for
// Iceberg), so that two minutes mean that something is wrong.
const (
	lockWait     = "120000" // ms
	lockInterval = "500"    // ms
)

// hudi are the settings of a user of Hudi. Hudi's writer is told by options, not by
// Spark's settings; those that stand under spark.hoodie here are handed to it by the job, which
// drops the "spark." (spark-submit takes no key without it).
// https://hudi.apache.org/docs/0.15.0/concurrency_control
func (p Props) hudi() map[string]string {
	settings := map[string]string{
		"spark.serializer":                "org.apache.spark.serializer.KryoSerializer",
		"spark.kryo.registrator":          "org.apache.spark.HoodieSparkKryoRegistrar",
		"spark.sql.extensions":            "org.apache.spark.sql.hudi.HoodieSparkSessionExtension",
		"spark.sql.catalog.spark_catalog": "org.apache.spark.sql.hudi.catalog.HoodieCatalog",
	}
	if p.Access == ReadOnly {
		return settings
	}
	maps.Copy(settings, map[string]string{
		"spark.hoodie.datasource.write.table.type": string(cmp.Or(p.Table, CopyOnWrite)),
		"spark.hoodie.datasource.write.operation":  "upsert",
		// Without it a timestamp in the key is written one way by bulk_insert and
		// another by upsert, and rows are doubled in silence.
		"spark.hoodie.datasource.write.keygenerator.consistent.logical.timestamp.enabled": "true",
		// The listing of files as a Hudi table of its own is one more thing that
		// writers have to agree on; S3 lists what it holds consistently.
		"spark.hoodie.metadata.enable":                        "false",
		"spark.hoodie.datasource.meta.sync.enable":            "true",
		"spark.hoodie.meta.sync.client.tool.class":            "org.apache.hudi.aws.sync.AwsGlueCatalogSyncTool",
		"spark.hoodie.datasource.hive_sync.mode":              "hms",
		"spark.hoodie.datasource.hive_sync.use_jdbc":          "false",
		"spark.hoodie.datasource.hive_sync.ignore_exceptions": "false",
	})
	if p.locked() {
		maps.Copy(settings, p.hudiLock())
	}
	return settings
}

// hudiLock makes several writers safe: what one leaves behind when it dies is cleaned
// LAZY, later, because another writer's unfinished files look just the same.
func (p Props) hudiLock() map[string]string {
	return map[string]string{
		"spark.hoodie.write.concurrency.mode":                       "optimistic_concurrency_control",
		"spark.hoodie.cleaner.policy.failed.writes":                 "LAZY",
		"spark.hoodie.write.lock.provider":                          "org.apache.hudi.aws.transaction.lock.DynamoDBBasedLockProvider",
		"spark.hoodie.write.lock.dynamodb.table":                    p.Lock.Table,
		"spark.hoodie.write.lock.dynamodb.region":                   p.place.Region,
		"spark.hoodie.write.lock.dynamodb.billing_mode":             "PAY_PER_REQUEST",
		"spark.hoodie.write.lock.wait_time_ms":                      lockWait,
		"spark.hoodie.write.lock.num_retries":                       "15",
		"spark.hoodie.write.lock.client.wait_time_ms_between_retry": "1000",
		"spark.hoodie.write.lock.client.num_retries":                "10",
	}
}

// iceberg are the settings of a user of Iceberg: Glue is the catalog, files are read
// and written by Iceberg's own S3 client.
// https://iceberg.apache.org/docs/1.8.1/aws/
func (p Props) iceberg() map[string]string {
	catalog := "spark.sql.catalog." + cmp.Or(p.Catalog, defaultCatalog)
	settings := map[string]string{
		"spark.sql.extensions":     "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
		catalog:                    "org.apache.iceberg.spark.SparkCatalog",
		catalog + ".catalog-impl":  "org.apache.iceberg.aws.glue.GlueCatalog",
		catalog + ".io-impl":       "org.apache.iceberg.aws.s3.S3FileIO",
		catalog + ".warehouse":     strings.TrimSuffix(p.Warehouse, "/"),
		catalog + ".client.region": p.place.Region,
		catalog + ".cache-enabled": "false", // a cached table is another writer's past
	}
	if p.Access == ReadOnly {
		return settings
	}
	maps.Copy(settings, map[string]string{
		catalog + ".table-default.format-version": "2",
		// A merge writes the rows that changed, not the files that they stand in;
		// maintenance folds them in.
		catalog + ".table-default.write.merge.mode":                           "merge-on-read",
		catalog + ".table-default.write.update.mode":                          "merge-on-read",
		catalog + ".table-default.write.delete.mode":                          "merge-on-read",
		catalog + ".table-default.write.merge.isolation-level":                "serializable",
		catalog + ".table-default.commit.retry.num-retries":                   "10",
		catalog + ".table-default.write.metadata.delete-after-commit.enabled": "true",
		catalog + ".table-default.write.metadata.previous-versions-max":       "100",
	})
	if p.locked() {
		maps.Copy(settings, map[string]string{
			catalog + ".lock-impl":                "org.apache.iceberg.aws.dynamodb.DynamoDbLockManager",
			catalog + ".lock.table":               p.Lock.Table,
			catalog + ".lock.acquire-interval-ms": lockInterval,
			catalog + ".lock.acquire-timeout-ms":  lockWait,
		})
	}
	return settings
}

// delta are the settings of a user of Delta Lake.
// https://docs.delta.io/3.3.0/delta-storage.html#multi-cluster-setup
func (p Props) delta() map[string]string {
	settings := map[string]string{
		"spark.sql.extensions":            "io.delta.sql.DeltaSparkSessionExtension",
		"spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
		// VACUUM lists folders in as many tasks as this, 10,000 by default: 99 s
		// for a small table, 10 s with 4 (measured).
		"spark.sql.sources.parallelPartitionDiscovery.parallelism": "32",
	}
	if p.locked() {
		const store = "io.delta.storage.S3DynamoDBLogStore"
		// A reader of a table with several writers needs it as well: it finishes
		// what a writer that died had already committed to DynamoDB.
		maps.Copy(settings, map[string]string{
			"spark.delta.logStore.s3.impl":      store,
			"spark.delta.logStore.s3a.impl":     store,
			"spark." + store + ".ddb.tableName": p.Lock.Table,
			"spark." + store + ".ddb.region":    p.place.Region,
		})
	}
	return settings
}
