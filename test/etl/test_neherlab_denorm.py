"""The join on small frames, and the whole job over S3, catalog and Parquet."""

import datetime
import os
import pathlib
import re

import duckdb
import neherlab_denorm
import publish
import pytest
from botocore.stub import Stubber
from chispa import assert_df_equality
from conftest import SAMPLE
from covid19_tables import JOIN, TYPES, duckdb_tables, put_tables

QUERY = (
    'SELECT country, location, date, cases, deaths, "ecdc-countries", acute_care, acute_care_per_100k, '
    "critical_care, critical_care_per_100k FROM result ORDER BY country, date LIMIT 10"
)


# Transforms


def test_ecdc_cases_keeps_one_source_and_splits_at_the_first_slash(spark):
    locations = [("ecdc/Korea, Republic of",), ("ecdc/Over/There",), ("ecdc",), ("ecdcx/Italy",), ("italy/ecdc/Roma",), (None,)]

    assert_df_equality(
        spark.createDataFrame(locations, "location string").transform(neherlab_denorm.ecdc_cases),
        spark.createDataFrame(
            [("ecdc/Korea, Republic of", "Korea, Republic of", "ecdc"), ("ecdc/Over/There", "Over/There", "ecdc")],
            "location string, country string, `ecdc-countries` string",
        ),
        ignore_row_order=True,
    )


def test_with_table_keeps_both_values_of_a_shared_name(spark):
    cases = spark.createDataFrame([("Italy", 7), ("Malta", 8)], "country string, icu int")
    beds = spark.createDataFrame([("Italy", 70, 1), ("Spain", 90, 2)], "name string, ICU int, country int")

    assert_df_equality(
        cases.transform(neherlab_denorm.with_table, beds, "name", "beds"),
        spark.createDataFrame([("Italy", 7, 70, 1)], "country string, icu int, beds_ICU int, beds_country int"),
    )


def test_denormalized_wants_the_country_in_every_table_and_equal_rows_once(spark):
    def frame(columns, *rows):
        return spark.createDataFrame(rows, columns)

    cases = frame("location string, cases int", *[("ecdc/Italy", 1)] * 2, ("ecdc/Spain", 2), ("ecdc/Malta", 3), ("italy/Italy", 4))
    icu = frame("country string, gdp double", *[("Italy", 1.5)] * 2, ("Spain", 2.5))
    codes = frame("name string, alpha_2 string", ("Italy", "IT"), ("Spain", "ES"), ("Malta", "MT"))
    population = frame("name string, population int", ("Italy", 60), ("Malta", 1))

    assert_df_equality(
        neherlab_denorm.denormalized(cases, icu, codes, population),
        frame(
            "country string, location string, cases int, `ecdc-countries` string, gdp double, alpha_2 string, population int",
            ("Italy", "ecdc/Italy", 1, "ecdc", 1.5, "IT", 60),
        ),
        ignore_nullable=True,
    )


# The whole job


def run(lake, run_id="jr_1", table="neherlab_denormalized", *more):
    neherlab_denorm.main(
        ["--database", lake.database, "--output", f"s3://{lake.bucket}/output/", "--table", table]
        + ["--JOB_NAME", "j_neherlab_denorm", "--JOB_ID", "j_1", "--JOB_RUN_ID", run_id, *more]
    )


def result(lake, db, folder, table="neherlab_denormalized"):
    """Make the published Parquet files, and nothing else, the view `result` of the DuckDB connection."""
    prefix = lake.shown(table)[0].removeprefix(f"s3://{lake.bucket}/")
    for i, key in enumerate(key for key in lake.keys(prefix) if key.endswith(".snappy.parquet")):
        lake.s3.download_file(lake.bucket, key, str(folder / f"{i}.parquet"))
    db.execute(f"CREATE OR REPLACE VIEW result AS FROM '{folder}/*.parquet'")


def folders():
    yield pytest.param(SAMPLE, 264, id="sample")
    if os.environ.get("LAKEKEEL_COVID19_DATA"):
        yield pytest.param(pathlib.Path(os.environ["LAKEKEEL_COVID19_DATA"]), None, id="LAKEKEEL_COVID19_DATA")


@pytest.mark.parametrize(("folder", "rows"), list(folders()))
def test_the_job_writes_the_table_that_another_engine_computes(spark, lake, tmp_path, folder, rows):
    put_tables(lake, folder)
    run(lake)

    with duckdb.connect() as db:
        duckdb_tables(db, folder)
        result(lake, db, tmp_path)
        names = [name for name, *_ in db.execute("DESCRIBE result").fetchall()]
        assert names == list(lake.shown("neherlab_denormalized")[2])
        assert sorted(names) == sorted(name for name, *_ in db.execute(f"DESCRIBE {JOIN}").fetchall())
        db.execute("CREATE TABLE expected AS SELECT {} FROM ({})".format(", ".join(f'"{name}"' for name in names), JOIN))
        assert db.execute("FROM expected EXCEPT ALL FROM result").fetchall() == []
        assert db.execute("FROM result EXCEPT ALL FROM expected").fetchall() == []
        assert db.execute("SELECT count(*) FROM result").fetchone()[0] == (rows or count(db, "expected")) > 0
        assert db.execute(QUERY).fetchall() == db.execute(QUERY.replace("result", "expected")).fetchall()


def count(db, table):
    return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_types_follow_the_crawler(spark, lake):
    put_tables(lake, SAMPLE, without={"neherlab_country_codes"})
    lake.put("neherlab_country_codes/a.csv", (SAMPLE / "neherlab_country_codes.csv").read_bytes())
    lake.table("neherlab_country_codes", TYPES["neherlab_country_codes"].replace("country_code bigint", "country_code string"))
    run(lake)

    location, _, columns = lake.shown("neherlab_denormalized")
    assert [columns[name] for name in ("country_code", "cases", "gdp")] == ["string", "bigint", "double"]
    codes = spark.read.parquet(location).where("country = 'Austria'").select("country_code").distinct()
    assert [row[0] for row in codes.collect()] == ["040"]


def test_a_number_that_the_crawler_took_for_text_is_read_as_a_number(spark, lake):
    """Nobody in the sample has recovered, so its column looks like text."""
    put_tables(lake, SAMPLE, without={"neherlab_case_counts"})
    lake.put("neherlab_case_counts/a.csv", (SAMPLE / "neherlab_case_counts.csv").read_bytes())
    lake.table("neherlab_case_counts", TYPES["neherlab_case_counts"].replace("bigint", "string"))
    run(lake)

    columns = lake.shown("neherlab_denormalized")[2]
    assert [columns[name] for name in ("cases", "deaths", "recovered", "date")] == ["bigint", "bigint", "bigint", "string"]


def test_a_word_that_made_the_crawler_take_numbers_for_text_is_shown(spark, lake):
    put_tables(lake, SAMPLE, without={"neherlab_population"})
    line = "Italy,many,Italy,1,2,3,0.1,Northern"
    lake.put("neherlab_population/a.csv", f"{line}\n")
    lake.table("neherlab_population", TYPES["neherlab_population"].replace("population bigint", "population string"), header=False)
    refused(lake, f"{lake.database}.neherlab_population has a malformed line in s3://{lake.bucket}/neherlab_population/a.csv: {line!r}: ")


def test_files_without_a_header_have_no_row_less(spark, lake):
    put_tables(lake, SAMPLE, without={"neherlab_population"})
    lake.put("neherlab_population/a.csv", "Italy,60,Italy,1,2,3,0.1,Northern\n")
    lake.put("neherlab_population/deeper/b.csv", '"Korea, Republic of",51,"Korea, Republic of",1,2,3,0.1,Northern\n')
    lake.table("neherlab_population", TYPES["neherlab_population"], header=False)
    run(lake)

    countries = spark.read.parquet(lake.shown("neherlab_denormalized")[0]).select("country").distinct()
    assert sorted(row[0] for row in countries.collect()) == ["Italy", "Korea, Republic of"]


# Publishing


def test_a_run_shows_its_result_at_once_and_keeps_the_former_one(spark, lake, monkeypatch):
    monkeypatch.setattr(publish, "ABANDONED", datetime.timedelta(0))
    put_tables(lake, SAMPLE)
    foreign = ["output/archive/part.parquet", "output/notes.txt"]
    for key in [*foreign, "output/jr_dead/_temporary/part.parquet"]:
        lake.put(key, "left here")
    for run_id in ("jr_1", "jr_2", "jr_3"):
        run(lake, run_id)
        assert lake.shown("neherlab_denormalized")[0] == f"s3://{lake.bucket}/output/{run_id}/"

    assert {key.split("/")[1] for key in lake.keys("output/")} == {"archive", "notes.txt", "jr_2", "jr_3"}


@pytest.mark.parametrize(
    ("state", "age", "live"),
    [
        ("STARTING", 3, True),
        ("RUNNING", 3, True),
        ("STOPPING", 3, True),
        ("FAILED", 0, False),
        ("STOPPED", 0, False),
        ("TIMEOUT", 0, False),
        (None, 0, True),  # unknown to Glue, so perhaps a laptop's that writes at this moment
        (None, 3, False),
    ],
)
def test_glue_or_else_its_age_tells_whether_a_run_still_writes(aws, state, age, live):
    glue = aws("glue")
    asked = {"JobName": "j_neherlab_denorm", "RunId": "jr_other"}
    with Stubber(glue) as stub:
        if state:
            stub.add_response("get_job_run", {"JobRun": {"JobRunState": state}}, asked)
        else:
            stub.add_client_error("get_job_run", "EntityNotFoundException", expected_params=asked)
        newest = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=age)
        assert publish.may_write(glue, "j_neherlab_denorm", "jr_other", newest) is live


def test_on_a_laptop_its_age_alone_tells_whether_a_run_still_writes(aws):
    now = datetime.datetime.now(datetime.timezone.utc)
    ages = [now, now - datetime.timedelta(days=3)]
    assert [publish.may_write(aws("glue"), "", "local_other", newest) for newest in ages] == [True, False]


@pytest.mark.parametrize("already", [True, False], ids=["the table is there", "the first two runs"])
def test_a_run_that_was_overtaken_publishes_nothing(spark, lake, monkeypatch, already):
    put_tables(lake, SAMPLE)
    if already:
        run(lake, "jr_1")
    write = publish.write

    def overtaken(rows, *where):
        monkeypatch.setattr(publish, "write", write)
        run(lake, "jr_newer")
        assert lake.keys("output/jr_other/"), "the newer run must not touch a folder that may be in use"
        return write(rows, *where)

    lake.put("output/jr_other/part.parquet", "being written")
    monkeypatch.setattr(publish, "write", overtaken)
    with pytest.raises(RuntimeError, match="was changed by another run since this one began; nothing was published, run again"):
        run(lake, "jr_older")

    assert lake.shown("neherlab_denormalized")[0] == f"s3://{lake.bucket}/output/jr_newer/"
    assert lake.keys("output/jr_older/") == []
    assert lake.keys("output/jr_newer/") != []


def test_a_run_that_cannot_write_leaves_the_former_result(spark, lake):
    put_tables(lake, SAMPLE)
    run(lake, "jr_1")
    with pytest.raises(OSError, match=r"^cannot write s3://no-such-bucket/output/jr_2: The specified bucket does not exist$"):
        run(lake, "jr_2", "neherlab_denormalized", "--output", "s3://no-such-bucket/output")

    assert lake.shown("neherlab_denormalized")[0] == f"s3://{lake.bucket}/output/jr_1/"


# Input that is not as it should be: one line, and the former result stays


def faults():
    cases, codes = "neherlab_case_counts", "neherlab_country_codes"
    yield "too few fields", cases, "ecdc/Italy,2020-04-01", "a field is missing or has no value of its column's type"
    yield "too many fields", cases, "ecdc/Italy,2020-04-01,2020-04-01T00:00:00,1,2,,,,,9", "it has 10 fields; want 8"
    yield "a name's comma is not quoted", codes, "Korea, Republic of,KR,KOR,410,ISO 3166-2:KR,Asia,,,1,2,3", "it has 12 fields; want 11"
    yield "cut in the key", codes, "Ita", "it has 1 fields; want 11"
    yield "a quote is not closed", codes, '"Italy,IT,ITA,380', "it has 1 fields; want 11"
    yield "a word for a number", cases, "ecdc/Italy,2020-04-01,2020-04-01T00:00:00,many,2,,,", "a field is missing or has no value"


@pytest.mark.parametrize(("table", "line", "want"), [pytest.param(*fault, id=name) for name, *fault in faults()])
def test_a_malformed_line_is_shown_and_refused(spark, lake, table, line, want):
    put_tables(lake, SAMPLE)
    lake.put(f"{table}/bad.csv", (SAMPLE / f"{table}.csv").read_text().splitlines()[0] + f"\n{line}\n")
    refused(lake, f"{lake.database}.{table} has a malformed line in s3://{lake.bucket}/{table}/bad.csv: {line!r}: {want}")


def test_a_malformed_line_that_the_join_leaves_out_is_only_named(spark, lake, capsys):
    """The real country codes hold such a line: Kosovo has 10 of 11 fields, and no hospital data."""
    put_tables(lake, SAMPLE)
    line = "Kosovo,XK,RKS,,ISO 3166-2:XK,Europe,Southern Europe,150,039,"
    lake.put("neherlab_country_codes/kosovo.csv", (SAMPLE / "neherlab_country_codes.csv").read_text().splitlines()[0] + f"\n{line}\n")
    run(lake)

    out = capsys.readouterr().out
    assert f"warning: {lake.database}.neherlab_country_codes has a malformed line in s3://{lake.bucket}/" in out
    assert f"{line!r}: 10 of 11 fields" in out
    assert ": 264 rows in " in out


def test_an_empty_table_is_refused(spark, lake):
    put_tables(lake, SAMPLE)
    lake.put("neherlab_population/neherlab_population.csv", (SAMPLE / "neherlab_population.csv").read_text().splitlines()[0] + "\n")
    refused(lake, f"{lake.database}.neherlab_population at s3://{lake.bucket}/neherlab_population/ has no rows; want at least one")


def test_a_folder_that_is_gone_is_refused(spark, lake):
    put_tables(lake, SAMPLE)
    lake.s3.delete_object(Bucket=lake.bucket, Key="neherlab_population/neherlab_population.csv")
    refused(lake, f"{lake.database}.neherlab_population at s3://{lake.bucket}/neherlab_population/ cannot be read: ")


def test_a_missing_table_is_refused(spark, lake):
    put_tables(lake, SAMPLE, without={"neherlab_icu_capacity"})
    refused(
        lake,
        f"{lake.database} has no table neherlab_icu_capacity; it has neherlab_case_counts, neherlab_country_codes, neherlab_population",
    )


def test_a_missing_column_is_refused(spark, lake):
    put_tables(lake, SAMPLE, without={"neherlab_icu_capacity"})
    lake.table("neherlab_icu_capacity", "country string, acute string, imcu bigint, icu bigint, gdp double")
    refused(
        lake,
        f"{lake.database}.neherlab_icu_capacity has no column acute_care, acute_care_per_100k, critical_care, "
        "critical_care_per_100k, percent_of_total; it has country, acute, imcu, icu, gdp",
    )


def test_a_header_in_another_order_is_refused(spark, lake):
    """Read by position, deaths would be taken for cases."""
    put_tables(lake, SAMPLE)
    header = "location,date,datetime,deaths,cases,hospitalized,icu,recovered"
    lake.put("neherlab_case_counts/b.csv", header + "\necdc/Italy,2020-04-01,x,1,2,,,\n")
    refused(
        lake,
        f"{lake.database}.neherlab_case_counts at s3://{lake.bucket}/neherlab_case_counts/ cannot be read: "
        "CSV header does not conform to the schema. ",
        "Expected: cases but found: deaths",
        f"s3://{lake.bucket}/neherlab_case_counts/b.csv",
    )


def test_a_join_without_rows_is_refused(spark, lake):
    put_tables(lake, SAMPLE)
    text = (SAMPLE / "neherlab_case_counts.csv").read_text()
    lake.put("neherlab_case_counts/neherlab_case_counts.csv", text.replace("ecdc/", "jhu/"))
    refused(lake, "the join of neherlab_case_counts, neherlab_icu_capacity, neherlab_country_codes, neherlab_population has no rows: ")


def refused(lake, want, *more):
    """The run fails with one line that begins with want and holds more, and writes nothing."""
    with pytest.raises(ValueError, match=f"^{re.escape(want)}.*$") as error:
        run(lake)
    print(error.value)
    assert "\n" not in str(error.value)
    assert [text for text in more if text not in str(error.value)] == []
    assert lake.keys("output/") == []
