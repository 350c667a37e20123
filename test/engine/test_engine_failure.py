"""The one line that says why a job failed, out of what Python and Spark print."""

import pytest
from lakekeel_endpoint.glue import failure

FRAME = 'Traceback (most recent call last):\n  File "job.py", line 3, in <module>\n    main()\n'
SPARK_LOG = "2026-11-23 10:00:00 ERROR TaskSetManager: Task 0 in stage 1.0 failed 1 times; aborting job\n"

CASES = {
    "the script's own error": (
        FRAME + "ValueError: population of 'Atlantis' is -1; want 0 or more\n",
        1,
        "ValueError: population of 'Atlantis' is -1; want 0 or more",
    ),
    "the last of chained errors": (
        FRAME + "KeyError: 'x'\n\nDuring handling of the above exception, another exception occurred:\n\n" + FRAME + "RuntimeError: no x\n",
        1,
        "RuntimeError: no x",
    ),
    "an error without a message": (FRAME + "AssertionError\n", 1, "AssertionError"),
    "a botocore error, without its module": (
        FRAME + "botocore.errorfactory.EntityNotFoundException: An error occurred (EntityNotFoundException): Table t not found\n",
        1,
        "EntityNotFoundException: An error occurred (EntityNotFoundException): Table t not found",
    ),
    "a Spark analysis error": (
        SPARK_LOG + FRAME + "pyspark.errors.exceptions.captured.AnalysisException: [PATH_NOT_FOUND] Path does not exist: s3://b/k.\n",
        1,
        "AnalysisException: [PATH_NOT_FOUND] Path does not exist: s3://b/k.",
    ),
    "the innermost cause of a Java error": (
        FRAME
        + "py4j.protocol.Py4JJavaError: An error occurred while calling o45.parquet.\n"
        + ": org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 1.0 failed 1 times.\n"
        + "\tat org.apache.spark.scheduler.DAGScheduler.failJobAndIndependentStages(DAGScheduler.scala:2856)\n"
        + "Caused by: org.apache.spark.SparkException: [FAILED_READ_FILE] Encountered error while reading file s3://b/k.csv.\n"
        + "\t... 1 more\n"
        + "Caused by: java.io.FileNotFoundException: No such file or directory: s3://b/k.csv\n\tat x.Y.z(Y.java:1)\n",
        1,
        "SparkException: [FAILED_READ_FILE] Encountered error while reading file s3://b/k.csv."
        " Caused by FileNotFoundException: No such file or directory: s3://b/k.csv",
    ),
    "a Java error whose innermost cause says nothing": (
        FRAME
        + "py4j.protocol.Py4JJavaError: An error occurred while calling o45.save.\n: org.apache.spark.SparkException: Task failed\n"
        + "Caused by: java.lang.IllegalStateException: the table is locked\nCaused by: java.lang.NullPointerException\n",
        1,
        "IllegalStateException: the table is locked",
    ),
    "a malformed line, as Spark wraps it": (
        FRAME
        + "py4j.protocol.Py4JJavaError: An error occurred while calling o60.parquet.\n"
        + ": org.apache.spark.SparkException: Job aborted due to stage failure: [TASK_WRITE_FAILED] Task failed while writing rows.\n"
        + "Caused by: org.apache.spark.SparkException: [MALFORMED] Malformed records: [Bonn,null].\n\tat a.B.c(B.java:1)\n"
        + "Caused by: org.apache.spark.sql.catalyst.util.BadRecordException: java.lang.NumberFormatException: no\n"
        + 'Caused by: java.lang.NumberFormatException: For input string: "many"\n'
        + "\t... 3 more\nCaused by: org.apache.spark.SparkException: [TASK_WRITE_FAILED] Task failed while writing rows.\n"
        + 'Caused by: java.lang.NumberFormatException: For input string: "many"\n',
        1,
        'SparkException: [MALFORMED] Malformed records: [Bonn,null]. Caused by NumberFormatException: For input string: "many"',
    ),
    "arguments that argparse refuses": (
        "usage: job.py [-h] --table TABLE\njob.py: error: the following arguments are required: --table\n",
        2,
        "the script ended with exit status 2: job.py: error: the following arguments are required: --table",
    ),
    "an exit status without a word": ("", 3, "the script ended with exit status 3"),
    "a process that was killed": ("", 137, "the job's process was killed (signal 9): the machine may have run out of memory"),
    "a process that crashed": ("", 139, "the job's process was ended by signal 11"),
    "a full disk": (
        FRAME + "OSError: [Errno 28] No space left on device\n",
        1,
        "OSError: [Errno 28] No space left on device (the disk is full; free some room and run again)",
    ),
    "too little memory": (
        FRAME + "py4j.protocol.Py4JJavaError: An error occurred while calling o1.count.\n: java.lang.OutOfMemoryError: Java heap space\n",
        1,
        "OutOfMemoryError: Java heap space (the job ran out of memory: Spark has 1 GiB here)",
    ),
    "a table that only the Glue catalog has": (
        FRAME + "pyspark.errors.exceptions.captured.AnalysisException: [TABLE_OR_VIEW_NOT_FOUND] The table `db`.`t` cannot be found.\n",
        1,
        "AnalysisException: [TABLE_OR_VIEW_NOT_FOUND] The table `db`.`t` cannot be found."
        " (Spark's own catalog is empty here: read the table's location from the Glue API)",
    ),
    "a module that only AWS has": (
        FRAME + "ModuleNotFoundError: No module named 'awsglue'\n",
        1,
        "ModuleNotFoundError: No module named 'awsglue' (the awsglue package exists on AWS only:"
        " a script that runs in both places reads its arguments with argparse)",
    ),
}


@pytest.mark.parametrize(("stderr", "status", "message"), CASES.values(), ids=CASES)
def test_the_message_is(stderr, status, message):
    assert failure.explain(stderr, status) == message


def test_a_long_message_is_cut():
    message = failure.explain(FRAME + f"ValueError: {'x' * 5000}\n", 1)
    assert len(message) == failure.LIMIT
    assert message.endswith("…")
