"""The formats' jars, fetched once by Spark's own resolver into .lakekeel/jars-<format>."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
SETTINGS = json.loads((pathlib.Path(__file__).parent / "settings.json").read_text())
HOME = pathlib.Path(os.environ.get("LAKEKEEL_HOME") or ROOT / ".lakekeel")

# hudi-aws stands in for hudi-aws-bundle, which not every registry has. Of what it
# names, Spark and Hudi's own bundle bring all but Amazon's SDK and what that needs.
EXCLUDED = {
    "hudi": (
        *(f"org.apache.hudi:hudi-{part}" for part in ("common", "hadoop-common", "hadoop-mr", "hive-sync", "io", "sync-common")),
        *(f"{group}:*" for group in ("org.apache.hadoop", "org.apache.hbase", "org.apache.hbase.thirdparty", "org.apache.hive")),
        *(f"{group}:*" for group in ("com.fasterxml.jackson.*", "org.rocksdb", "com.google.*", "org.apache.avro", "org.apache.orc")),
        *(f"{group}:*" for group in ("org.apache.zookeeper", "org.apache.curator", "org.apache.directory.*", "com.sun.*", "org.slf4j")),
        *(f"{group}:*" for group in ("ch.qos.reload4j", "org.apache.parquet", "org.apache.commons", "commons-*", "io.prometheus")),
        *(f"{group}:*" for group in ("io.dropwizard.metrics", "com.uber.m3", "org.apache.thrift", "javax.*", "org.glassfish*")),
        *(f"{group}:*" for group in ("org.jruby.*", "com.lmax", "org.openjdk.jol", "org.lz4", "org.xerial.snappy", "com.nimbusds")),
        *(f"{group}:*" for group in ("com.beust", "com.github.*", "org.roaringbitmap", "org.apache.htrace", "org.codehaus.jettison")),
        *(f"{group}:*" for group in ("asm", "aopalliance", "org.sonatype.*", "org.jetbrains", "org.jamon", "org.apache.yetus")),
        *(f"{group}:*" for group in ("org.checkerframework", "org.tukaani", "io.airlift", "com.thoughtworks.paranamer")),
        *("io.netty:netty", "org.apache.httpcomponents:fluent-hc"),
    ),
    "iceberg": (),
    "delta": (),
}

LOG_STORE = "delta-storage-s3-dynamodb"


class Missing(Exception):
    """A jar that is not there; the message says what to do."""


def folder(format: str) -> pathlib.Path:
    return HOME / f"jars-{format}"


def cold(format: str) -> bool:
    return not (folder(format) / "complete").exists()


def fetch(format: str) -> None:
    """Fetch what the construct names. Delta's log store, which not every registry has, is asked for apart."""
    packages = SETTINGS[format]["Packages"]
    apart = [p for p in packages if LOG_STORE in p]
    _resolve(format, [p for p in packages if p not in apart])
    for package in apart:
        try:
            _resolve(format, [package])
        except Missing as error:
            print(f"WARNING: {error}", file=sys.stderr)
    (folder(format) / "complete").touch()


def _resolve(format: str, packages: list) -> None:
    target = folder(format)
    ivy = target / "ivy"
    ivy.mkdir(parents=True, exist_ok=True)
    nothing = target / "nothing.py"
    nothing.touch()
    command = [str(pathlib.Path(sys.executable).with_name("spark-submit")), "--master", "local[1]", "--conf", f"spark.jars.ivy={ivy}"]
    command += ["--packages", ",".join(packages)]
    if EXCLUDED[format]:
        command += ["--exclude-packages", ",".join(EXCLUDED[format])]
    environment = {**os.environ, "PATH": f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([*command, str(nothing)], env=environment, capture_output=True, text=True)
    for jar in (ivy / "jars").glob("*.jar"):
        jar.replace(target / jar.name)
    shutil.rmtree(ivy)
    nothing.unlink()
    if done.returncode:
        words = [line for line in done.stderr.splitlines() if line.strip() and not line.lstrip().startswith("at ")]
        raise Missing(f"Spark cannot fetch {', '.join(packages)}: {(words or ['no message'])[-1].strip()}")


def s3a() -> list:
    """The S3A jars, as `make setup` puts them into the home folder; LAKEKEEL_JARS names another folder."""
    where = pathlib.Path(os.environ.get("LAKEKEEL_JARS") or HOME / "jars")
    found = _ours(where.rglob("*.jar"))
    if not found:
        raise Missing(f"no S3A jars in {where}: run `make setup`, or name the folder in LAKEKEEL_JARS")
    return found


# DuckDB of the version that the wheels of its extensions are for, beside the project's own.
READER = "1.5.5"
READERS = [f"duckdb=={READER}", *(f"duckdb-extension-{name}=={READER}" for name in ("avro", "delta", "httpfs", "iceberg")), "pytz"]


def reader() -> pathlib.Path:
    return HOME / f"duckdb-{READER}"


def fetch_reader() -> None:
    if (reader() / "complete").exists():
        return
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", str(reader())]
    done = subprocess.run([*command, *READERS], capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"pip cannot fetch {', '.join(READERS)}: {done.stderr.strip()[-300:]}")
    (reader() / "complete").touch()


def of(format: str) -> list:
    return _ours(folder(format).glob("*.jar"))


def _ours(found) -> list:
    """Without what Spark brings in its own version: two Jacksons on one class path do not go together."""
    import pyspark

    sparks = {_artifact(jar.name) for jar in (pathlib.Path(pyspark.__file__).parent / "jars").glob("*.jar")}
    return sorted(jar for jar in found if _artifact(jar.name.rpartition("_")[2] if jar.name.count("_") else jar.name) not in sparks)


def _artifact(name: str) -> str:
    """antlr4-runtime of antlr4-runtime-4.9.3.jar."""
    return re.sub(r"-\d[^-]*(-incubating|[.-]Final)?\.jar$", "", name)


def has_log_store() -> bool:
    return any(LOG_STORE in jar.name for jar in of("delta"))


if __name__ == "__main__":
    for name in sys.argv[1:] or ["hudi", "iceberg", "delta"]:
        fetch(name)
    fetch_reader()
