"""What the tests of scd2 run with beyond the project's own tools, fetched once into the home folder.

    python test/scd2/jars.py            the jars of the three formats, and the reader; what is complete stays
    python test/scd2/jars.py log-store  Delta's DynamoDB log store, which not every registry has

Jars come by Spark's own resolver, as they would for a job, and are checked against jars.sha256;
the reader's wheels come by pip, against reader.txt.
"""

import functools
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
SETTINGS = json.loads((HERE / "settings.json").read_text())
HOME = pathlib.Path(os.environ.get("LAKEKEEL_HOME") or ROOT / ".lakekeel")
FORMATS = ("hudi", "iceberg", "delta")
LOG_STORE = "delta-storage-s3-dynamodb"

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

READER = HOME / "duckdb-of-scd2"


class Missing(Exception):
    """Something that is not there; the message says what, and what to do."""


def folder(format: str) -> pathlib.Path:
    return HOME / f"jars-{format}"


def digests(format: str) -> str:
    """The lines of jars.sha256 that speak of the format, DIGEST  FORMAT/JAR: what its folder must hold."""
    return "".join(line for line in (HERE / "jars.sha256").open() if f"  {format}/" in line)


def cold(format: str) -> bool:
    return _read(folder(format) / "complete") != digests(format)


def reader_cold() -> bool:
    return _read(READER / "complete") != _read(HERE / "reader.txt")


def fetch(format: str) -> None:
    """Fetch what the construct names, but for the log store; all of it, byte for byte, or none."""
    packages = [package for package in SETTINGS[format]["Packages"] if LOG_STORE not in package]
    with _draft(folder(format)) as draft:
        _resolve(draft, packages, EXCLUDED[format])
        found = {f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {format}/{jar.name}\n" for jar in draft.glob("*.jar")}
        wrong = found ^ set(digests(format).splitlines(keepends=True))
        if wrong:
            raise ValueError(f"the jars of {format} are not those of test/scd2/jars.sha256; these differ:\n" + "".join(sorted(wrong)))
        (draft / "complete").write_text(digests(format))


def fetch_reader() -> None:
    with _draft(READER) as draft:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
        done = _run([*command, "--require-hashes", "--target", str(draft), "-r", str(HERE / "reader.txt")])
        if done.returncode:
            raise Missing(f"pip cannot fetch DuckDB and its extensions: {done.stderr.strip()[-300:]}")
        (draft / "complete").write_text(_read(HERE / "reader.txt"))


def fetch_log_store() -> None:
    (package,) = (package for package in SETTINGS["delta"]["Packages"] if LOG_STORE in package)
    with _draft(folder("log-store")) as draft:
        _resolve(draft, [package], [package.rpartition(":")[0].replace(LOG_STORE, "delta-storage"), "com.amazonaws:*"])


@functools.cache
def stand_in() -> pathlib.Path:
    """The folder of ConditionalLogStore's class, compiled by Spark's own Janino: a JRE has no compiler."""
    import pyspark
    from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

    target = pathlib.Path(tempfile.mkdtemp(prefix="scd2-classes-"))
    sparks = list((pathlib.Path(pyspark.__file__).parent / "jars").glob("*.jar"))
    port = launch_gateway(
        classpath=os.pathsep.join(map(str, sparks)), jarpath=str(next(jar for jar in sparks if "py4j" in jar.name)), die_on_exit=True
    )
    gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port))

    def files(paths):
        array = gateway.new_array(gateway.jvm.java.io.File, len(paths))
        for i, path in enumerate(paths):
            array[i] = gateway.jvm.java.io.File(str(path))
        return array

    compiler = gateway.jvm.org.codehaus.janino.CompilerFactory().newCompiler()
    compiler.setClassPath(files([*sparks, *s3a(), *of("delta")]))
    compiler.setDestinationDirectory(gateway.jvm.java.io.File(str(target)), False)
    compiler.compile(files([HERE / "ConditionalLogStore.java"]))
    gateway.shutdown()
    return target


def s3a() -> list:
    """The S3A jars, as `make setup` puts them into the home folder; LAKEKEEL_JARS names another folder."""
    where = pathlib.Path(os.environ.get("LAKEKEEL_JARS") or HOME / "jars")
    found = _ours(where.rglob("*.jar"))
    if not found:
        raise Missing(f"no S3A jars in {where}: run `make setup`, or name the folder in LAKEKEEL_JARS")
    return found


def of(format: str) -> list:
    return _ours(folder(format).glob("*.jar"))


class _draft:
    """A folder to fill beside its place, moved there when it is whole."""

    def __init__(self, final: pathlib.Path):
        self._final = final

    def __enter__(self) -> pathlib.Path:
        HOME.mkdir(parents=True, exist_ok=True)
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix=f".{self._final.name}.new-", dir=HOME))
        return self._folder

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            shutil.rmtree(self._final, ignore_errors=True)
            self._folder.replace(self._final)
        else:
            shutil.rmtree(self._folder)


def _resolve(target: pathlib.Path, packages: list, excluded: tuple) -> None:
    ivy, nothing = target / "ivy", target / "nothing.py"
    nothing.touch()
    command = [str(pathlib.Path(sys.executable).with_name("spark-submit")), "--master", "local[1]", "--conf", f"spark.jars.ivy={ivy}"]
    command += ["--packages", ",".join(packages)]
    if excluded:
        command += ["--exclude-packages", ",".join(excluded)]
    done = _run([*command, str(nothing)])
    if done.returncode:
        words = [line.strip() for line in done.stderr.splitlines() if "Exception" in line and not line.lstrip().startswith("at ")]
        raise Missing(f"Spark cannot fetch {', '.join(packages)}: {(words or ['no message'])[0]}")
    for jar in (ivy / "jars").glob("*.jar"):
        jar.replace(target / jar.name)
    shutil.rmtree(ivy)
    nothing.unlink()


def _run(command: list) -> subprocess.CompletedProcess:
    """The command, with this interpreter first in PATH: Spark's scripts look there."""
    path = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True)


def _read(file: pathlib.Path) -> str:
    return file.read_text() if file.exists() else ""


def _ours(found) -> list:
    """Without what Spark brings in its own version: two Jacksons on one class path do not go together."""
    import pyspark

    sparks = {_artifact(jar.name) for jar in (pathlib.Path(pyspark.__file__).parent / "jars").glob("*.jar")}
    return sorted(jar for jar in found if _artifact(jar.name.rpartition("_")[2] if jar.name.count("_") else jar.name) not in sparks)


def _artifact(name: str) -> str:
    """antlr4-runtime of antlr4-runtime-4.9.3.jar."""
    return re.sub(r"-\d[^-]*(-incubating|[.-]Final)?\.jar$", "", name)


def main(argv: list) -> int:
    """Fetch all that is not there; the number of things that could not be had."""
    if argv == ["log-store"]:
        wanted = {"Delta's log store": fetch_log_store}
    elif argv:
        sys.exit(__doc__)
    else:
        wanted = {f"the jars of {format}": functools.partial(fetch, format) for format in FORMATS if cold(format)}
        wanted |= {"the reader of the tables": fetch_reader} if reader_cold() else {}
    missing = 0
    for name, fetch_it in wanted.items():
        print(f"fetching {name} (once)", flush=True)
        try:
            fetch_it()
        except Missing as error:
            print(f"NOT FETCHED: {error}\nThe tests leave out what needs it, and say so.", file=sys.stderr)
            missing += 1
    return missing


if __name__ == "__main__":
    faults = main(sys.argv[1:])
    sys.exit(faults if sys.argv[1:] else 0)  # `make test` goes on without what cannot be had
