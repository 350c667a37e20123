"""Crawls: list a target, classify its files, write the tables to the catalog.

What a crawl means for the catalog is Glue's:
https://docs.aws.amazon.com/glue/latest/dg/crawler-configuration.html. How files
are read is classify.py, how they are grouped is grouping.py.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
import uuid
from statistics import median

from . import classify, grouping, jdbc, logs
from .catalog import Catalog
from .errors import GlueError
from .jobs import cancel_soon
from .records import Records
from .services import NoSuchBucket, Object, S3Error, Services, parse_url

log = logging.getLogger("lakekeel.glue")

KIND = "crawl"
LIVE = ("RUNNING", "STOPPING")
LOG_GROUP = "/aws-glue/crawlers"
_DIED = "the endpoint ended while this crawl was in progress; start the crawler again"
# Targets of a crawler that only AWS, or a later version, can crawl, and what they are called.
_ELSEWHERE = {
    "MongoDBTargets": "a MongoDB target",
    "DynamoDBTargets": "a DynamoDB target",
    "CatalogTargets": "a catalog target",
    "DeltaTargets": "a Delta Lake target",
    "IcebergTargets": "an Iceberg target",
    "HudiTargets": "a Hudi target",
}
_CREATED_BY = "UPDATED_BY_CRAWLER"
_DEPRECATED = "DEPRECATED_BY_CRAWLER"
# Athena: a value that its column's type does not know is null, not the end of the query.
# https://docs.aws.amazon.com/athena/latest/ug/csv-serde.html
_NULL_FOR_INVALID = "use.null.for.invalid.data"
_BATCH = 100  # partitions of one BatchCreatePartition: the API's limit

_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
_JSON = "org.openx.data.jsonserde.JsonSerDe"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


class CrawlFailed(Exception):
    """The crawl cannot be carried out; the message is its ErrorMessage."""


class Crawlers:
    """Starts, follows and stops crawls."""

    def __init__(self, services: Services, catalog: Catalog, records: Records, scope):
        self._services = services
        self._catalog = catalog
        self._records = records
        self._scope = scope
        self._live: dict[tuple[str, str], asyncio.Task] = {}

    # What the API asks.

    async def start(self, name: str) -> tuple[dict, asyncio.Task]:
        """Start a crawl; its record, and a task that ends with it."""
        crawler = (await self._services.glue("GetCrawler", Name=name))["Crawler"]
        if self._running(name):
            raise GlueError("CrawlerRunningException", f"crawler {name} is already running")
        crawl = {
            "CrawlId": str(uuid.uuid4()),
            "CrawlerName": name,
            "State": "RUNNING",
            "StartTime": time.time(),
            "LogGroup": LOG_GROUP,
            "LogStream": name,
            "_counts": {"created": 0, "updated": 0, "deleted": 0, "partitions": 0},
        }
        crawl["MessagePrefix"] = crawl["CrawlId"]
        self._save(crawl)
        task = asyncio.create_task(self._crawl(crawler, crawl))
        self._live[(self._scope(), name)] = task
        return crawl, task

    async def stop(self, name: str) -> None:
        await self._services.glue("GetCrawler", Name=name)
        crawl = self._running(name)
        if not crawl:
            raise GlueError("CrawlerNotRunningException", f"crawler {name} is not running")
        if crawl["State"] == "STOPPING":
            raise GlueError("CrawlerStoppingException", f"crawler {name} is already stopping")
        crawl["State"] = "STOPPING"
        cancel_soon(self._live[(self._scope(), name)])

    def refuse_running(self, name: str) -> None:
        """A crawler is not changed or deleted while it runs."""
        if self._running(name):
            raise GlueError("CrawlerRunningException", f"crawler {name} is running")

    def shown(self, crawler: dict) -> dict:
        """The definition, with what the crawls did to it: State, CrawlElapsedTime, LastCrawl."""
        crawls = self.crawls(crawler["Name"])
        running = self._running(crawler["Name"])
        done = next((crawl for crawl in reversed(crawls) if crawl["State"] not in LIVE), None)
        last = {
            "Status": done["State"],
            "ErrorMessage": done.get("ErrorMessage"),
            "LogGroup": done["LogGroup"],
            "LogStream": done["LogStream"],
            "MessagePrefix": done["MessagePrefix"],
            "StartTime": done["StartTime"],
        } if done else {}  # fmt: skip
        state = {"State": running["State"] if running else "READY"}
        state["CrawlElapsedTime"] = int((time.time() - running["StartTime"]) * 1000) if running else 0
        if last:
            state["LastCrawl"] = {name: value for name, value in last.items() if value}
        return {**{name: value for name, value in crawler.items() if name != "LastCrawl"}, **state}

    def crawls(self, name: str) -> list[dict]:
        """The crawler's crawls, the oldest first."""
        return [crawl for crawl in self._records.of(KIND, self._scope()) if crawl["CrawlerName"] == name]

    async def history(self, name: str) -> list[dict]:
        """The crawls as ListCrawls shows them, in its words, the newest first."""
        await self._services.glue("GetCrawler", Name=name)
        return [_in_history(crawl) for crawl in reversed(self.crawls(name))]

    def find(self, crawl_ids: list[str]) -> list[dict]:
        found = (self._records.get(KIND, self._scope(), crawl_id) for crawl_id in crawl_ids)
        return [crawl for crawl in found if crawl]

    def metrics(self, name: str) -> dict:
        crawls = self.crawls(name)
        seconds = [crawl["EndTime"] - crawl["StartTime"] for crawl in crawls if "EndTime" in crawl]
        counts = crawls[-1]["_counts"] if crawls else {"created": 0, "updated": 0, "deleted": 0}
        return {
            "CrawlerName": name,
            "TimeLeftSeconds": 0.0,
            "StillEstimating": bool(self._running(name)),
            "LastRuntimeSeconds": seconds[-1] if seconds else 0.0,
            "MedianRuntimeSeconds": median(seconds) if seconds else 0.0,
            "TablesCreated": counts["created"],
            "TablesUpdated": counts["updated"],
            "TablesDeleted": counts["deleted"],
        }

    async def stop_all(self) -> None:
        tasks = list(self._live.values())
        for task in tasks:
            cancel_soon(task)
        if tasks:
            await asyncio.wait(tasks, timeout=5)

    def recover(self) -> None:
        """After a restart: what the records take for running died with the endpoint."""
        for scope, crawl_id, crawl in self._records.everything(KIND):
            if crawl["State"] in LIVE:
                crawl.update(State="FAILED", ErrorMessage=_DIED, EndTime=time.time())
                self._records.save(KIND, scope, crawl_id, crawl)

    def _running(self, name: str) -> dict | None:
        return next((crawl for crawl in reversed(self.crawls(name)) if crawl["State"] in LIVE), None)

    def _save(self, crawl: dict) -> None:
        self._records.save(KIND, self._scope(), crawl["CrawlId"], crawl)

    # One crawl.

    async def _crawl(self, crawler: dict, crawl: dict) -> dict:
        """Carry out a crawl and record how it ended, whatever happens."""
        said: list[str] = []
        try:
            await _Crawl(self._services, self._catalog, crawler, crawl["_counts"], said.append).run()
            ended = {"State": "SUCCEEDED"}
        except asyncio.CancelledError:
            ended = {"State": "CANCELLED"}
        except (CrawlFailed, GlueError) as error:
            ended = {"State": "FAILED", "ErrorMessage": str(error)}
        except Exception as error:  # ours, not the data's: say so, and never leave the crawler RUNNING
            log.exception("crawler %s", crawler["Name"])
            ended = {"State": "FAILED", "ErrorMessage": f"the local engine failed: {type(error).__name__}: {error}"}
        said.append(f"{ended['State']} {ended.get('ErrorMessage', '')}".strip())
        await self._tell(crawl, said)
        self._live.pop((self._scope(), crawler["Name"]), None)
        crawl.update(ended, EndTime=time.time(), Summary=_summary(crawl["_counts"]))
        self._save(crawl)
        return crawl

    async def _tell(self, crawl: dict, said: list[str]) -> None:
        try:
            await logs.write(self._services, LOG_GROUP, crawl["LogStream"], [f"[{crawl['MessagePrefix']}] {line}" for line in said])
        except GlueError as error:
            log.error("crawler %s: CloudWatch Logs refuses: %s", crawl["CrawlerName"], error.message)


class _Crawl:
    """One crawl of one crawler's targets."""

    def __init__(self, services: Services, catalog: Catalog, crawler: dict, counts: dict, say):
        self._services = services
        self._catalog = catalog
        self._crawler = crawler
        self._counts = counts
        self._say = say  # takes a line for the crawl's log
        self._database = crawler.get("DatabaseName") or ""
        self._policy = crawler.get("SchemaChangePolicy") or {}
        try:
            self._configuration = json.loads(crawler.get("Configuration") or "{}")
        except ValueError as error:
            raise CrawlFailed(f"the crawler's Configuration is not JSON: {error}") from None

    async def run(self) -> None:
        targets, databases = self._targets()
        classifiers = await self._classifiers()
        await self._ensure_database()
        found, rows = [], []
        for target in targets:
            tables = await self._tables(target, classifiers)
            self._say(f"{target['Path']}: {len(tables)} tables")
            found += tables
        for target in databases:
            tables = await self._database_tables(target)
            self._say(f"{target['ConnectionName']} {target['Path']}: {len(tables)} tables")
            rows += tables
        kept = {await self._write(table) for table in found} | {await self._write_row_table(*row) for row in rows}
        for target in targets:
            folder = _folder(target["Path"])
            await self._forget(kept, lambda table, folder=folder: _folder(_location(table)).startswith(folder))
        for target in databases:
            name, database = target["ConnectionName"], target["Path"].partition("/")[0]
            await self._forget(kept, lambda table, name=name, database=database: _from_database(table, name, database))

    def _targets(self) -> tuple[list[dict], list[dict]]:
        """The S3 targets and the JDBC targets; CrawlFailed if there is another one."""
        targets = self._crawler.get("Targets") or {}
        for name, called in _ELSEWHERE.items():
            if targets.get(name):
                where = targets[name][0].get("Path") or targets[name][0].get("DatabaseName") or targets[name][0].get("ConnectionName", "")
                raise CrawlFailed(f"{called} ({where}) is not crawled locally; only S3 and JDBC targets are")
        if not targets.get("S3Targets") and not targets.get("JdbcTargets"):
            raise CrawlFailed("the crawler has no target; want at least one S3 path or database")
        return targets.get("S3Targets") or [], targets.get("JdbcTargets") or []

    async def _classifiers(self) -> list[dict]:
        return [(await self._services.glue("GetClassifier", Name=name))["Classifier"] for name in self._crawler.get("Classifiers") or []]

    async def _ensure_database(self) -> None:
        """A crawler makes its database if it is not there."""
        if not self._database:
            raise CrawlFailed("the crawler has no DatabaseName")
        try:
            await self._services.glue("GetDatabase", Name=self._database)
            return
        except GlueError as error:
            if error.code != "EntityNotFoundException":
                raise
        try:
            await self._services.glue("CreateDatabase", DatabaseInput={"Name": self._database})
            self._say(f"made the database {self._database}")
        except GlueError as error:
            if error.code != "AlreadyExistsException":  # another crawler was quicker
                raise

    # Reading.

    async def _tables(self, target: dict, classifiers: list[dict]) -> list[grouping.Table]:
        location, objects = await self._objects(target)
        files = []
        for item in objects:
            try:
                schema = await self._classify(item, classifiers)
            except classify.Unclassified as error:
                self._say(f"WARN {item.url} is left out: {error}")
                continue
            for remark in schema.remarks:
                self._say(f"WARN {item.url}: {remark}")
            files.append(grouping.File(item, schema, _folders(location, item)))
        policy = self._configuration.get("Grouping") or {}
        level = policy.get("TableLevelConfiguration")
        combine = policy.get("TableGroupingPolicy") == "CombineCompatibleSchemas"
        return grouping.tables(location, files, combine, int(level) if level else None)

    async def _objects(self, target: dict) -> tuple[str, list[Object]]:
        """The include path as a table's location would name it, and the objects to look at."""
        try:
            bucket, prefix = parse_url(target["Path"])
            every = await self._services.list(bucket, prefix)
        except ValueError as error:
            raise CrawlFailed(f"S3 target: {error}") from None
        except NoSuchBucket:
            raise CrawlFailed(f"The S3 location {target['Path']} does not exist: there is no bucket {bucket}") from None
        except S3Error as error:
            raise CrawlFailed(f"The S3 location {target['Path']} cannot be read: {error}") from None
        single = [item for item in every if item.key == prefix and item.size]
        location = target["Path"] if single else _folder(target["Path"])
        below = single or [item for item in every if item.url.startswith(location) or not prefix]
        shown = [item for item in below if item.size and not _hidden(item.url[len(location) :])]
        excluded = [_glob(pattern) for pattern in target.get("Exclusions") or []]
        kept = [item for item in shown if not any(pattern.fullmatch(item.url[len(location) :]) for pattern in excluded)]
        return location, _sampled(kept, int(target.get("SampleSize") or 0))

    async def _classify(self, item: Object, classifiers: list[dict]) -> classify.Schema:
        """Read as much of the object as tells its schema; judge it off the event loop."""
        limit = classify.SAMPLE_BYTES
        head = await self._services.read(item.bucket, item.key, 0, limit - 1 if item.size > limit else None)
        tail = b""
        if head.startswith(b"PAR1") and item.size > limit:
            tail = await self._services.read(item.bucket, item.key, item.size - 8, item.size - 1)
            tail = await self._services.read(item.bucket, item.key, item.size - classify.footer_bytes(item.size, tail), item.size - 1)
        sample = classify.Sample(item.key.rsplit("/", 1)[-1], item.size, head, tail)
        return await asyncio.to_thread(classify.classify, sample, classifiers)

    async def _database_tables(self, target: dict) -> list[tuple[str, jdbc.Table]]:
        """The tables of a JDBC target, each with the name of its connection."""
        name = target["ConnectionName"]
        connection = (await self._services.glue("GetConnection", Name=name))["Connection"]
        properties = connection.get("ConnectionProperties") or {}
        user, password = properties.get("USERNAME", ""), properties.get("PASSWORD", "")
        if properties.get("SECRET_ID"):
            try:
                secret = json.loads(await self._services.secret(properties["SECRET_ID"]))
                user, password = secret["username"], secret["password"]
            except (ValueError, KeyError, TypeError):
                raise CrawlFailed(f"secret {properties['SECRET_ID']} of connection {name}: want JSON with username and password") from None
        source = jdbc.Source(name, properties.get("JDBC_CONNECTION_URL", ""), user, password)
        try:
            tables = await asyncio.to_thread(jdbc.tables, source, target["Path"], target.get("Exclusions") or [])
        except jdbc.Unreachable as error:
            raise CrawlFailed(str(error)) from None
        return [(name, table) for table in tables]

    # Writing.

    async def _write_row_table(self, connection: str, table: jdbc.Table) -> str:
        """Create or update one table of a database; the name that it has in the catalog."""
        name = f"{self._crawler.get('TablePrefix') or ''}{table.catalog_name}"
        parameters = {
            "classification": "mysql",
            "connectionName": connection,
            "typeOfData": "table",
            "compressionType": "none",
            _CREATED_BY: self._crawler["Name"],
        }
        wanted = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [],
            "Parameters": parameters,
            "StorageDescriptor": {
                "Columns": [{"Name": column, "Type": kind} for column, kind in table.columns],
                "Location": table.location,
                "Compressed": False,
                "NumberOfBuckets": -1,
                "SerdeInfo": {"Parameters": {}},
                "BucketColumns": [],
                "SortColumns": [],
                "Parameters": parameters,
                "StoredAsSubDirectories": False,
            },
        }
        await self._put(wanted, await self._existing(name), f"table {name} of {table.location}")
        return name

    async def _put(self, wanted: dict, existing: dict | None, called: str) -> None:
        """Create a table, or do with the one that is there what the UpdateBehavior says."""
        if not existing:
            await self._services.glue("CreateTable", DatabaseName=self._database, TableInput=wanted)
            self._counts["created"] += 1
            self._say(f"created {called}")
        elif self._policy.get("UpdateBehavior") == "LOG":
            self._log_difference(existing, wanted)
        else:
            await self._update(existing, wanted)

    async def _write(self, table: grouping.Table) -> str:
        """Create or update one table and its partitions; the name that it has in the catalog."""
        name = f"{self._crawler.get('TablePrefix') or ''}{table.name}"
        existing = await self._existing(name)
        if existing and existing["StorageDescriptor"].get("Location", "").rstrip("/") != table.location.rstrip("/"):
            name = grouping.distinct_name(name, table.location)
            existing = await self._existing(name)
        await self._put(self._table_input(name, table), existing, f"table {name} at {table.location}")
        if table.keys:
            await self._write_partitions(name, table)
        return name

    async def _existing(self, name: str) -> dict | None:
        try:
            return (await self._services.glue("GetTable", DatabaseName=self._database, Name=name))["Table"]
        except GlueError as error:
            if error.code == "EntityNotFoundException":
                return None
            raise

    async def _update(self, existing: dict, wanted: dict) -> None:
        if self._output("Tables") == "MergeNewColumns":
            wanted = _with_old_columns(existing, wanted)
        same = all(existing.get(part) == wanted[part] for part in ("StorageDescriptor", "PartitionKeys", "Parameters"))
        if same:
            return
        version = str(existing.get("VersionId") or "1")
        await self._catalog.update_table({"DatabaseName": self._database, "TableInput": wanted, "VersionId": version})
        self._counts["updated"] += 1
        self._say(f"updated table {wanted['Name']}")

    def _output(self, what: str) -> str:
        """CrawlerOutput's AddOrUpdateBehavior for Tables or Partitions, "" if none is given."""
        return ((self._configuration.get("CrawlerOutput") or {}).get(what) or {}).get("AddOrUpdateBehavior", "")

    def _log_difference(self, existing: dict, wanted: dict) -> None:
        if existing["StorageDescriptor"].get("Columns") != wanted["StorageDescriptor"]["Columns"]:
            self._say(f"WARN the columns of {wanted['Name']} have changed; its UpdateBehavior is LOG, so the catalog was left as it is")

    def _table_input(self, name: str, table: grouping.Table) -> dict:
        schema = table.schema
        parameters = self._parameters(schema, table.files)
        return {
            "Name": name,
            "Owner": "owner",
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in table.keys],
            "Parameters": parameters,
            "StorageDescriptor": storage(schema, table.location, parameters),
        }

    def _parameters(self, schema: classify.Schema, files) -> dict[str, str]:
        size = sum(file.object.size for file in files)
        records = sum(file.schema.records for file in files)
        parameters = {
            "classification": schema.classification,
            "compressionType": schema.compression,
            "typeOfData": "file",
            "sizeKey": str(size),
            "objectCount": str(len(files)),
            "recordCount": str(records),
            "averageRecordSize": str(size // records if records else 0),
            "CrawlerSchemaSerializerVersion": "1.0",
            "CrawlerSchemaDeserializerVersion": "1.0",
            _CREATED_BY: self._crawler["Name"],
        }
        if schema.classification == "csv":
            parameters |= {"delimiter": schema.delimiter, "columnsOrdered": "true", "areColumnsQuoted": str(schema.quoted).lower()}
            if schema.header:
                parameters["skip.header.line.count"] = "1"
            if _unquoting(schema) and schema.gaps:
                parameters[_NULL_FOR_INVALID] = "TRUE"
        return parameters

    async def _write_partitions(self, name: str, table: grouping.Table) -> None:
        there = await self._services.glue("GetPartitions", DatabaseName=self._database, TableName=name)
        known = {tuple(partition["Values"]): partition for partition in there["Partitions"]}
        inherit = self._output("Partitions") == "InheritFromTable"
        new = []
        for partition in table.partitions:
            schema = table.schema if inherit else grouping.merged([file.schema for file in partition.files])
            parameters = self._parameters(schema, partition.files)
            described = storage(schema, partition.location, parameters)
            wanted = {"Values": list(partition.values), "StorageDescriptor": described, "Parameters": parameters}
            old = known.pop(partition.values, None)
            if not old:
                new.append(wanted)
            elif any(old.get(part) != wanted[part] for part in ("StorageDescriptor", "Parameters")):
                entry = {"PartitionValueList": wanted["Values"], "PartitionInput": wanted}
                await self._services.glue("BatchUpdatePartition", DatabaseName=self._database, TableName=name, Entries=[entry])
        for start in range(0, len(new), _BATCH):
            batch = new[start : start + _BATCH]
            await self._services.glue("BatchCreatePartition", DatabaseName=self._database, TableName=name, PartitionInputList=batch)
            self._counts["partitions"] += len(batch)
        for values in known:
            await self._forget_partition(name, list(values))

    # What is gone.

    async def _forget(self, kept: set[str], of_target) -> None:
        """Apply DeleteBehavior to this crawler's tables of a target whose data is not there any more."""
        there = await self._services.glue("GetTables", DatabaseName=self._database)
        for table in there["TableList"]:
            mine = (table.get("Parameters") or {}).get(_CREATED_BY) == self._crawler["Name"]
            if mine and table["Name"] not in kept and of_target(table):
                await self._forget_table(table)

    async def _forget_table(self, table: dict) -> None:
        behavior = self._policy.get("DeleteBehavior") or "DEPRECATE_IN_DATABASE"
        name = table["Name"]
        self._say(f"WARN table {name} has no data any more at {_location(table)}: {behavior}")
        if behavior == "DELETE_FROM_DATABASE":
            await self._services.glue("DeleteTable", DatabaseName=self._database, Name=name)
            self._counts["deleted"] += 1
        elif behavior == "DEPRECATE_IN_DATABASE" and _DEPRECATED not in (table.get("Parameters") or {}):
            parameters = {**table["Parameters"], _DEPRECATED: str(int(time.time() * 1000))}
            kept = ("Name", "Owner", "TableType", "PartitionKeys", "StorageDescriptor")
            wanted = {part: table[part] for part in kept if part in table} | {"Parameters": parameters}
            await self._catalog.update_table({"DatabaseName": self._database, "TableInput": wanted})

    async def _forget_partition(self, name: str, values: list[str]) -> None:
        behavior = self._policy.get("DeleteBehavior") or "DEPRECATE_IN_DATABASE"
        self._say(f"WARN partition {'/'.join(values)} of {name} has no file any more: {behavior}")
        if behavior == "DELETE_FROM_DATABASE":
            await self._services.glue("DeletePartition", DatabaseName=self._database, TableName=name, PartitionValues=values)


def storage(schema: classify.Schema, location: str, parameters: dict[str, str]) -> dict:
    """The StorageDescriptor of a table or partition."""
    kinds = {"parquet": (f"{_PARQUET}.MapredParquetInputFormat", f"{_PARQUET}.MapredParquetOutputFormat")}
    reader, writer = kinds.get(schema.classification, (_TEXT_INPUT, _TEXT_OUTPUT))
    return {
        "Columns": [{"Name": name, "Type": kind} for name, kind in schema.columns],
        "Location": location,
        "InputFormat": reader,
        "OutputFormat": writer,
        "Compressed": schema.compression != "none",
        "NumberOfBuckets": -1,
        "SerdeInfo": serde(schema),
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": parameters,
        "StoredAsSubDirectories": False,
    }


def serde(schema: classify.Schema) -> dict:
    """The reader of a table's files, as Hive and Athena name it.

    CSV without quotes is read by LazySimpleSerDe, which takes an empty value
    of a number for null. Quoted values need OpenCSVSerDe, which does that only
    with _NULL_FOR_INVALID. README.md says where Glue does otherwise.
    """
    if schema.classification == "parquet":
        return {"SerializationLibrary": f"{_PARQUET}.serde.ParquetHiveSerDe", "Parameters": {"serialization.format": "1"}}
    if schema.classification == "json":
        return {"SerializationLibrary": _JSON, "Parameters": {"paths": ",".join(schema.paths)}}
    if _unquoting(schema):
        return {"SerializationLibrary": _OPEN_CSV, "Parameters": {"separatorChar": schema.delimiter, "quoteChar": schema.quote}}
    return {"SerializationLibrary": _LAZY, "Parameters": {"field.delim": schema.delimiter}}


def _unquoting(schema: classify.Schema) -> bool:
    """Whether the CSV needs a reader that takes quotes away."""
    return schema.serde == "OpenCSVSerDe" or (schema.quoted and schema.serde != "LazySimpleSerDe")


def _with_old_columns(existing: dict, wanted: dict) -> dict:
    """MergeNewColumns: what is there keeps its type, what is new is added."""
    old = existing["StorageDescriptor"].get("Columns") or []
    names = {column["Name"] for column in old}
    columns = old + [column for column in wanted["StorageDescriptor"]["Columns"] if column["Name"] not in names]
    return {**wanted, "StorageDescriptor": {**wanted["StorageDescriptor"], "Columns": columns}}


_HISTORY = ("CrawlId", "State", "StartTime", "EndTime", "Summary", "ErrorMessage", "LogGroup", "LogStream", "MessagePrefix")
_HISTORY_STATES = {"STOPPING": "RUNNING", "SUCCEEDED": "COMPLETED", "CANCELLED": "STOPPED"}


def _in_history(crawl: dict) -> dict:
    shown = {name: crawl[name] for name in _HISTORY if crawl.get(name)}
    return {**shown, "State": _HISTORY_STATES.get(crawl["State"], crawl["State"])}


def _summary(counts: dict) -> str:
    """What ListCrawls tells of a crawl, as JSON."""
    changes = {"ADD": counts["created"], "UPDATE": counts["updated"], "DELETE": counts["deleted"]}
    summary = {"TABLE": json.dumps({name: {"Count": count} for name, count in changes.items() if count})}
    if counts["partitions"]:
        summary["PARTITION"] = json.dumps({"ADD": {"Count": counts["partitions"]}})
    return json.dumps(summary)


def _location(table: dict) -> str:
    return (table.get("StorageDescriptor") or {}).get("Location", "")


def _from_database(table: dict, connection: str, database: str) -> bool:
    """Whether a table of the catalog is one of a database that a connection reaches."""
    return (table.get("Parameters") or {}).get("connectionName") == connection and _location(table).startswith(database + ".")


def _folder(path: str) -> str:
    return path if path.endswith("/") else path + "/"


def _folders(location: str, item: Object) -> tuple[str, ...]:
    return tuple(item.url[len(location) :].split("/")[:-1])


def _hidden(path: str) -> bool:
    """Names that begin with "_" or "." are no data to Hive's readers, nor are folder markers."""
    return path.endswith("_$folder$") or any(part.startswith(("_", ".")) for part in path.split("/"))


def _sampled(objects: list[Object], size: int) -> list[Object]:
    """SampleSize: the first so many objects of each folder; all if it is 0."""
    if not size:
        return objects
    counts: dict[str, int] = {}
    kept = []
    for item in objects:
        folder = item.key.rpartition("/")[0]
        counts[folder] = counts.get(folder, 0) + 1
        if counts[folder] <= size:
            kept.append(item)
    return kept


def _glob(pattern: str) -> re.Pattern:
    """An exclude pattern of Glue: * and ? stay in a folder, ** does not; {a,b} and [abc] as in a shell.

    https://docs.aws.amazon.com/glue/latest/dg/define-crawler.html#crawler-data-stores-exclude
    """
    out, braces, i = "", 0, 0
    while i < len(pattern):
        sign = pattern[i]
        if pattern.startswith("**", i):
            out, i = out + ".*", i + 2
            continue
        if sign == "[" and "]" in pattern[i + 1 :]:
            end = pattern.index("]", i + 1)
            out, i = out + "[" + pattern[i + 1 : end].replace("!", "^", 1).replace("\\", "\\\\") + "]", end + 1
            continue
        if sign == "\\" and i + 1 < len(pattern):
            out, i = out + re.escape(pattern[i + 1]), i + 2
            continue
        plain = {"*": "[^/]*", "?": "[^/]", "{": "(?:"}
        if sign == "{":
            braces += 1
        elif braces and sign in "},":
            plain |= {"}": ")", ",": "|"}
            braces -= sign == "}"
        out += plain.get(sign, re.escape(sign))
        i += 1
    return re.compile(out + ")" * braces, re.DOTALL)
