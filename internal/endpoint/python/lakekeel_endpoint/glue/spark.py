"""Spark on this machine: the only place that knows its local settings.

A script says SparkSession.builder.getOrCreate(), as on Glue. What Glue's
workers give it there (masters, S3, credentials) comes here from a
configuration folder written for the one run.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

# Settings that tie a session to this machine: a job's own --conf may not change them.
_OURS = re.compile(
    r"spark\.(master|driver\.(host|bindAddress|memory|extraJavaOptions)|jars|submit\.deployMode|local\.dir|sql\.warehouse\.dir)$"
    r"|spark\.hadoop\.fs\.(s3\.impl|s3a\.(endpoint|access\.key|secret\.key|aws\.credentials\.provider))$"
)

# Two cores and short jobs: the serial collector and the quick compiler start faster.
_JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"

# Errors only, on stderr: the script's own output stays readable, and a failure
# is found in what is left. The ShutdownHookManager complains on every start
# that is cut short; the message would hide the reason.
_LOG4J = """\
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yyyy-MM-dd HH:mm:ss} %p %c{1}: %m%n%ex{none}
logger.hooks.name = org.apache.spark.util.ShutdownHookManager
logger.hooks.level = off
"""


class SparkMissing(Exception):
    """This machine cannot start Spark; the message says what to install."""


@dataclass(frozen=True)
class Local:
    """What a session on this machine needs to know."""

    url: str  # of the endpoint
    account: str  # twelve digits: the access key id
    region: str
    jars: Path  # folder of the S3A jars
    folder: Path  # of the run; everything that Spark writes locally goes below it
    conf: dict[str, str] = field(default_factory=dict)  # the job's own --conf
    extra_jars: tuple[Path, ...] = ()  # the job's own --extra-jars


def java() -> str:
    """The java program that Spark will start; SparkMissing if there is none."""
    home = os.environ.get("JAVA_HOME")
    if home:
        program = Path(home) / "bin" / "java"
        if os.access(program, os.X_OK):
            return str(program)
        raise SparkMissing(f"Spark needs Java 17, and JAVA_HOME is {home!r}, which has no bin/java; install a JDK 17 or mend JAVA_HOME")
    program = shutil.which("java")
    if not program:
        raise SparkMissing(
            "Spark needs Java 17, and there is neither JAVA_HOME nor a java on the PATH; install one (openjdk-17-jre-headless)"
        )
    return program


def settings(local: Local) -> dict[str, str]:
    """Every Spark property of a run, the job's own included."""
    work = local.folder / "spark"
    jars = sorted(local.jars.rglob("*.jar"))
    if not jars:
        raise SparkMissing(f"Spark needs the S3A jars to reach S3, and {local.jars} has none; lakekeel doctor tells how to get them")
    ours = {
        "spark.master": "local[2]",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        # Not on the class path: there an older library in them would come before Spark's own.
        "spark.jars": ",".join(map(str, [*jars, *local.extra_jars])),
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={local.folder / 'tmp'} -Duser.timezone=UTC {_JVM}",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(work),
        "spark.sql.warehouse.dir": str(work / "warehouse"),
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": local.url,
        "spark.hadoop.fs.s3a.endpoint.region": local.region,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": str(urlsplit(local.url).scheme == "https").lower(),
        "spark.hadoop.fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
        "spark.hadoop.fs.s3a.access.key": local.account,
        "spark.hadoop.fs.s3a.secret.key": "local",
        "spark.hadoop.fs.s3a.change.detection.mode": "none",
        # An endpoint that is gone must fail the job soon, not after S3A's twenty minutes.
        "spark.hadoop.fs.s3a.attempts.maximum": "3",
        "spark.hadoop.fs.s3a.retry.limit": "3",
        "spark.hadoop.fs.s3a.buffer.dir": str(local.folder / "tmp"),
        # Version 1 shows a job's files when the job commits; 2 shows each task's at once,
        # which a job that dies would leave for a reader to take for whole.
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "1",
    }
    defaults = {"spark.sql.shuffle.partitions": "4", "spark.sql.session.timeZone": "UTC"}
    asked = {name: value for name, value in local.conf.items() if not _OURS.match(name)}
    return {**defaults, **ours, **asked}


def prepare(local: Local) -> dict[str, str]:
    """Write the run's configuration folder; the variables that a script needs to find it."""
    conf = local.folder / "conf"
    for folder in (conf, local.folder / "spark", local.folder / "tmp"):
        folder.mkdir(parents=True, exist_ok=True)
    lines = (f"{name} {_escaped(value)}\n" for name, value in settings(local).items())
    (conf / "spark-defaults.conf").write_text("".join(lines))
    (conf / "log4j2.properties").write_text(_LOG4J)
    return {"SPARK_CONF_DIR": str(conf), "SPARK_LOCAL_DIRS": str(local.folder / "spark"), "SPARK_LOCAL_IP": "127.0.0.1"}


def parse_conf(value: str) -> dict[str, str]:
    """Glue's --conf: "spark.a=1 --conf spark.b=2"; a ValueError says which part has no "="."""
    conf = {}
    for part in re.split(r"\s+--conf\s+", value.strip()):
        name, equals, setting = part.partition("=")
        if not equals or not name.startswith("spark."):
            raise ValueError(f"--conf has {part!r}; want spark.NAME=VALUE, further ones after ' --conf '")
        conf[name.strip()] = setting.strip()
    return conf


def _escaped(value: str) -> str:
    """As java.util.Properties reads it."""
    return value.replace("\\", "\\\\").replace("\n", "\\n")
