"""Spark for real: a good run, and one that meets a malformed line. Each start costs seconds; the third is in test_engine_restart.py."""

from test_engine_crawler import answered

GOOD = """
    import sys
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName("good").getOrCreate()
    rows = spark.read.option("header", True).schema("city string, at timestamp, n int").csv("s3://{bucket}/in/")
    rows.write.parquet("s3://{bucket}/out/")
    print(spark.sparkContext.master, spark.conf.get("spark.sql.session.timeZone"), spark.conf.get("spark.lakekeel.test"), rows.count())
    print(open("notes.txt").read())
"""


def test_a_spark_job_reads_and_writes_s3_and_athena_reads_the_rest(lab):
    lab.put("in/a.csv", "city,at,n\nUlm,2020-01-01 12:00:00,1\nBonn,2020-01-02 00:00:00,2\n")
    job = lab.job(
        "good", GOOD.replace("{bucket}", lab.bucket), kind="glueetl", GlueVersion="5.0", WorkerType="G.1X", NumberOfWorkers=2,
        DefaultArguments={"--conf": "spark.lakekeel.test=yes --conf spark.x=1", "--extra-files": lab.put("n/notes.txt", "hi")},
    )  # fmt: skip
    run = lab.run(job)
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    folder = lab.endpoint.home / "runs" / run["Id"]
    assert (folder / "stdout").read_text() == "local[2] UTC yes 2\nhi\n"
    assert sorted(path.name for path in folder.iterdir()) == ["stderr", "stdout"]
    events = lab.logs.get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=run["Id"])["events"]
    assert [event["message"] for event in events] == ["local[2] UTC yes 2", "hi"]
    assert "out/_SUCCESS" in lab.keys("out/")
    assert not lab.keys("out/_temporary")
    crawl = lab.crawl(lab.crawler("c", f"s3://{lab.bucket}/out/"))
    assert crawl["Status"] == "SUCCEEDED"
    assert lab.columns("out") == {"city": "string", "at": "timestamp", "n": "int"}
    assert answered(lab, "SELECT city, at, n FROM out ORDER BY n") == [
        ["Ulm", "2020-01-01 12:00:00.000", "1"],
        ["Bonn", "2020-01-02 00:00:00.000", "2"],
    ]


BAD = """
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    reader = spark.read.option("header", True).option("mode", "FAILFAST").schema("city string, n int")
    reader.csv("s3://{bucket}/in/").write.parquet("s3://{bucket}/out/")
"""


def test_a_malformed_line_ends_the_job_with_one_line_and_no_output(lab):
    lab.put("in/a.csv", "city,n\nUlm,1\nBonn,many\n")
    run = lab.run(lab.job("bad", BAD.replace("{bucket}", lab.bucket), kind="glueetl"))
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == (
        "SparkException: [MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION] Malformed records are detected in record parsing: [Bonn,null]."
        ' Caused by NumberFormatException: For input string: "many"'
    )
    # S3A marks the folder with an empty object of its name.
    assert [key for key in lab.keys("out/") if key != "out/" and "/_temporary/" not in key] == []
