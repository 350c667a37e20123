"""What files are taken for: formats, dialects, headers, types."""

import bz2
import gzip
import json
from pathlib import Path

import duckdb
import pytest
from lakekeel_endpoint.glue import classify


def sample(content, name: str = "file", size: int = 0) -> classify.Sample:
    content = content if isinstance(content, bytes) else content.encode()
    return classify.Sample(name, size or len(content), content)


def known(content, *classifiers) -> classify.Schema:
    return classify.classify(sample(content), list(classifiers))


CSV = {
    "a header": ("city,people,area\nUlm,126000,118.7\nBonn,330000,141\n", {"city": "string", "people": "bigint", "area": "double"}, 2),
    "no header": ("Ulm,126000\nBonn,330000\n", {"col0": "string", "col1": "bigint"}, 2),
    "only words, so no header": ("city,country\nUlm,Germany\nParis,France\n", {"col0": "string", "col1": "string"}, 3),
    "semicolons": ("a;b\nx;1\ny;2\n", {"a": "string", "b": "bigint"}, 2),
    "tabs": ("a\tb\nx\t1\ny\t2\n", {"a": "string", "b": "bigint"}, 2),
    "bars": ("a|b\nx|1\ny|2\n", {"a": "string", "b": "bigint"}, 2),
    "Hive's own separator": ("a\x01b\nx\x011\ny\x012\n", {"a": "string", "b": "bigint"}, 2),
    "separators inside quotes": ('name,n\n"Congo, Republic of",1\nUlm,2\n', {"name": "string", "n": "bigint"}, 2),
    "line ends inside quotes": ('name,n\n"two\nlines",1\nUlm,2\n', {"name": "string", "n": "bigint"}, 2),
    "Windows line ends and a byte order mark": ("\ufeffname,n\r\nUlm,1\r\nBonn,2\r\n", {"name": "string", "n": "bigint"}, 2),
    "empty values": ("name,n,x\nUlm,,\nBonn,2,\n", {"name": "string", "n": "bigint", "x": "string"}, 2),
    "dates, which stay strings": ("d,n\n2020-03-17,1\n2020-03-18,2\n", {"d": "string", "n": "bigint"}, 2),
    "truth": ("name,yes\nUlm,true\nBonn,FALSE\n", {"name": "string", "yes": "boolean"}, 2),
    "numbers beyond bigint": ("name,n\nUlm,9223372036854775808\nBonn,1\n", {"name": "string", "n": "double"}, 2),
    "exponents and signs": ("name,n\nUlm,-1.5e3\nBonn,+2\n", {"name": "string", "n": "double"}, 2),
    "one value that is no number": ("name,n\nUlm,1\nBonn,n/a\n", {"name": "string", "n": "string"}, None),
    "upper case and a repeated name": ("Name,N,n\nUlm,1,2\n", {"name": "string", "n": "bigint", "n_1": "bigint"}, 1),
    "a closing separator": ("name,n,\nUlm,1,\nBonn,2,\n", {"name": "string", "n": "bigint", "col2": "string"}, 2),
}


@pytest.mark.parametrize(("text", "columns", "records"), CSV.values(), ids=CSV)
def test_csv_with(text, columns, records):
    schema = known(text)
    assert schema.classification == "csv"
    if records is None:  # all words: no header is seen
        assert not schema.header
        assert set(dict(schema.columns).values()) == {"string"}
    else:
        assert (dict(schema.columns), schema.records) == (columns, records)


def test_csv_knows_its_dialect():
    schema = known('name;n;m\n"a;b";1;\nUlm;2;3\n')
    assert (schema.delimiter, schema.header, schema.quoted, schema.gaps) == (";", True, True, True)
    plain = known("name,n\nUlm,1\nBonn,2\n")
    assert (plain.delimiter, plain.header, plain.quoted, plain.gaps) == (",", True, False, False)


def test_a_malformed_line_does_not_change_the_types_and_is_remarked():
    rows = "".join(f"city{i},{i}\n" for i in range(30))
    schema = known(f"name,n\n{rows}half a line\n")
    assert dict(schema.columns) == {"name": "string", "n": "bigint"}
    assert schema.remarks == ("1 of 32 lines do not have 2 values: the first is number 32, 'half a line'",)


def test_a_custom_csv_classifier_says_what_the_rules_cannot():
    told = {"CsvClassifier": {"Name": "c", "ContainsHeader": "PRESENT", "Delimiter": "^", "QuoteSymbol": "'", "Serde": "OpenCSVSerDe"}}
    schema = known("city^country\nUlm^'a^b'\nParis^France\n", told)
    assert (dict(schema.columns), schema.records, schema.serde) == ({"city": "string", "country": "string"}, 2, "OpenCSVSerDe")
    named = {"CsvClassifier": {"Name": "c", "ContainsHeader": "ABSENT", "Header": ["x", "y"]}}
    assert [name for name, _ in known("1,2\n3,4\n", named).columns] == ["x", "y"]


def test_a_custom_classifier_that_does_not_fit_leaves_it_to_the_others():
    told = {"CsvClassifier": {"Name": "c", "Delimiter": "^"}}
    assert known("a,b\nx,1\n", told).delimiter == ","


JSON = {
    "one record a line": ('{"a": 1, "b": "x"}\n{"a": 2.5, "b": null}\n', {"a": "double", "b": "string"}, 2),
    "records over several lines": ('{\n "a": 1\n}\n{\n "a": 3000000000\n}\n', {"a": "bigint"}, 2),
    "nested values": (
        '{"p": {"x": 1, "y": [1, 2]}, "q": [{"z": true}]}',
        {"p": "struct<x:int,y:array<int>>", "q": "array<struct<z:boolean>>"},
        1,
    ),
    "types that disagree": ('{"a": 1}\n{"a": "x"}\n', {"a": "string"}, 2),
    "one array, as Glue's own classifier takes it": ('[{"a": 1}, {"a": 2}]', {"array": "array<struct<a:int>>"}, 1),
}


@pytest.mark.parametrize(("text", "columns", "records"), JSON.values(), ids=JSON)
def test_json_with(text, columns, records):
    schema = known(text)
    assert (schema.classification, dict(schema.columns), schema.records) == ("json", columns, records)


def test_a_json_path_opens_an_array():
    schema = known('[{"Id": 1}, {"Id": 2}]', {"JsonClassifier": {"Name": "j", "JsonPath": "$[*]"}})
    assert (dict(schema.columns), schema.records, schema.paths) == ({"id": "int"}, 2, ("Id",))
    deep = known('{"data": {"rows": [{"a": 1}]}}', {"JsonClassifier": {"Name": "j", "JsonPath": "$.data.rows[*]"}})
    assert dict(deep.columns) == {"a": "int"}


@pytest.mark.parametrize(("pack", "name"), [(gzip.compress, "gzip"), (bz2.compress, "bzip2")])
def test_compressed_text_is_opened(pack, name):
    schema = classify.classify(sample(pack(b"a,b\nx,1\ny,2\n")))
    assert (schema.classification, schema.compression, dict(schema.columns)) == ("csv", name, {"a": "string", "b": "bigint"})


PARQUET = """SELECT 1::INTEGER AS i, 2::BIGINT AS l, 1.5::DOUBLE AS d, 1.5::FLOAT AS f, true AS b, 'x' AS s, DATE '2020-01-01' AS day,
TIMESTAMP '2020-01-01 00:00:00' AS at, 1.25::DECIMAL(10,2) AS money, [1, 2] AS many, {'x': 1, 'y z': ['a']} AS pair,
MAP {'k': 1::BIGINT} AS words, '\\x00'::BLOB AS raw"""


def test_parquet_tells_its_types(tmp_path):
    file = parquet(tmp_path, PARQUET)
    schema = classify.classify(sample(file.read_bytes()))
    assert (schema.classification, schema.records, schema.compression) == ("parquet", 1, "none")
    assert dict(schema.columns) == {
        "i": "int", "l": "bigint", "d": "double", "f": "float", "b": "boolean", "s": "string", "day": "date", "at": "timestamp",
        "money": "decimal(10,2)", "many": "array<int>", "pair": "struct<x:int,y z:array<string>>", "words": "map<string,bigint>",
        "raw": "binary",
    }  # fmt: skip


def test_of_a_long_parquet_file_the_footer_is_enough(tmp_path):
    content = parquet(tmp_path, "SELECT range AS n, 'x' AS s FROM range(100000)").read_bytes()
    tail = content[-classify.footer_bytes(len(content), content[-8:]) :]
    assert len(tail) < len(content) / 2
    schema = classify.classify(classify.Sample("f", len(content), content[:100], tail))
    assert (dict(schema.columns), schema.records) == ({"n": "bigint", "s": "string"}, 100000)


def parquet(folder: Path, query: str) -> Path:
    duckdb.connect().execute(f"COPY ({query}) TO '{folder}/f.parquet' (FORMAT parquet)")
    return folder / "f.parquet"


def test_of_a_long_text_file_the_records_are_estimated():
    text = "name,n\n" + "".join(f"city{i:04},{i:04}\n" for i in range(1000))
    head = text.encode()[: len(text) // 2]
    schema = classify.classify(classify.Sample("f", len(text), head))
    assert 980 <= schema.records <= 1020
    assert not schema.remarks


UNKNOWN = {
    "nothing but white space": ("  \n", "it is empty"),
    "one line": ("a,b\n", "it has fewer than two lines, which is too little to tell CSV from text"),
    "prose": (
        "Once upon a time\nthere was a lake.\n",
        "its lines have no common number of two or more values, whichever delimiter is tried",
    ),
    "broken JSON": ('{"a": 1}\n{"a": \n', "it begins like JSON, and line 2 is none: Expecting value"),
    "binary": (b"\x00\x01\x02", "it is neither text nor Parquet"),
    "another encoding": ("name,n\nKöln,1\n".encode("latin-1"), "it is not UTF-8: byte 8"),
    "half a Parquet file": (b"PAR1 and then nothing", "it begins like Parquet and has no footer: it was not written to its end"),
    "half a gzip file's header": (
        b"\x1f\x8b\xff\xff\xff",
        "its compression is broken: Error -3 while decompressing data: unknown compression method",
    ),
}


@pytest.mark.parametrize(("content", "reason"), UNKNOWN.values(), ids=UNKNOWN)
def test_nobody_knows(content, reason):
    with pytest.raises(classify.Unclassified) as fault:
        known(content)
    assert str(fault.value) == reason


@pytest.mark.parametrize(
    ("duck", "hive"),
    [
        ("STRUCT(a INTEGER, b STRUCT(c VARCHAR[]))[]", "array<struct<a:int,b:struct<c:array<string>>>>"),
        ('STRUCT("a, b" DECIMAL(5,1))', "struct<a, b:decimal(5,1)>"),
        ("MAP(VARCHAR, STRUCT(n BIGINT))", "map<string,struct<n:bigint>>"),
        ("UBIGINT", "decimal(20,0)"),
        ("INTERVAL", "string"),
    ],
)
def test_types_in_the_catalogs_words(duck, hive):
    assert classify.hive_type(duck) == hive


def test_json_of_any_shape_has_a_type():
    assert known(json.dumps({"a": [], "b": None, "c": [None, 1]})).columns == (("a", "array<string>"), ("b", "string"), ("c", "array<int>"))
