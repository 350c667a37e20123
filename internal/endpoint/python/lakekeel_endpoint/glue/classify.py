"""What a file is and which columns it has, as Glue's built-in classifiers tell it.

Rules: https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html and
https://docs.aws.amazon.com/glue/latest/dg/custom-classifier.html. Glue looks at
the first megabyte or thousand records; we look at SAMPLE_BYTES of each file,
because a local data set is small and a type read off its first rows may lie.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import re
import tempfile
import zlib
from collections import Counter
from dataclasses import dataclass, field, replace

SAMPLE_BYTES = 8 << 20  # of each file; a longer one is judged by its beginning
_DIALECT_LINES = 1000  # lines by which the delimiter is chosen
_DELIMITERS = (",", "|", "\t", ";", "\x01")  # those of Glue's CSV classifier, in its order
_REGULAR = 0.9  # share of lines that must have the same number of values for a file to be CSV; our choice
_HEADER_LENGTH = 150  # a header's names are shorter than this, the last one apart

csv.field_size_limit(SAMPLE_BYTES)

_INTEGER = re.compile(r"[+-]?\d{1,19}")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class Unclassified(Exception):
    """No classifier knows the file; the message says what is in the way."""


@dataclass(frozen=True)
class Sample:
    """The part of an object that is judged."""

    name: str  # the object's name, for its ending
    size: int  # bytes of the whole object
    head: bytes  # its beginning, the whole of it if it is not longer than SAMPLE_BYTES
    tail: bytes = b""  # the end of a longer Parquet file: its footer

    @property
    def whole(self) -> bool:
        return len(self.head) >= self.size


@dataclass(frozen=True)
class Schema:
    """What a file turned out to be."""

    classification: str  # csv, json or parquet
    columns: tuple[tuple[str, str], ...]  # name and type, in order
    records: int  # rows, estimated if the file is longer than the sample
    compression: str = "none"  # none, gzip or bzip2
    delimiter: str = ""  # of CSV
    header: bool = False  # of CSV: the first line names the columns
    quoted: bool = False  # of CSV: values in quotes occur
    quote: str = '"'  # of CSV
    gaps: bool = False  # of CSV: a column that is not string has an empty value
    serde: str = ""  # of CSV, if a custom classifier asks for one
    paths: tuple[str, ...] = ()  # of JSON: the names as the file spells them
    remarks: tuple[str, ...] = field(default=(), compare=False)  # for the crawl's log


def classify(sample: Sample, classifiers: list[dict] = ()) -> Schema:
    """The file's schema by the first custom classifier that knows it, else by the built-in ones."""
    content, compression = _expand(sample)
    if content.startswith(b"PAR1"):
        return _parquet(sample)  # compression "none": the codec inside is none of the table's
    text = _decode(content, sample.whole)
    whole = sample.whole
    for custom in classifiers:
        try:
            schema = _custom(custom, text, whole)
        except Unclassified:
            continue
        if schema:
            return _scaled(schema, sample, compression)
    if not text.strip():
        raise Unclassified("it is empty")
    first = text.lstrip()[0]
    schema = _json(text, whole) if first in "{[" else _csv(text, whole)
    return _scaled(schema, sample, compression)


def _scaled(schema: Schema, sample: Sample, compression: str) -> Schema:
    """Estimate the records of a file of which only the beginning was read."""
    ratio = 1 if sample.whole else sample.size / len(sample.head)
    return replace(schema, records=round(schema.records * ratio), compression=compression)


def _custom(custom: dict, text: str, whole: bool) -> Schema | None:
    if "CsvClassifier" in custom:
        return _csv(text, whole, custom["CsvClassifier"])
    if "JsonClassifier" in custom and text.lstrip()[:1] in ("{", "["):
        return _json(text, whole, custom["JsonClassifier"].get("JsonPath", "$"))
    return None


# Bytes.


def _expand(sample: Sample) -> tuple[bytes, str]:
    """The content without its compression, and the compression's name."""
    if sample.head.startswith(b"\x1f\x8b"):
        return _inflate(zlib.decompressobj(wbits=31), gzip.BadGzipFile, sample), "gzip"
    if sample.head.startswith(b"BZh"):
        return _inflate(bz2.BZ2Decompressor(), OSError, sample), "bzip2"
    return sample.head, "none"


def _inflate(decompressor, fault, sample: Sample) -> bytes:
    try:
        return decompressor.decompress(sample.head, SAMPLE_BYTES)
    except (zlib.error, fault, EOFError) as error:
        raise Unclassified(f"its compression is broken: {error}") from None


def _decode(content: bytes, whole: bool) -> str:
    if b"\x00" in content[:4096]:
        raise Unclassified("it is neither text nor Parquet")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if not whole and error.start > len(content) - 4:  # the sample ends within a character
            return content[: error.start].decode("utf-8-sig")
        raise Unclassified(f"it is not UTF-8: byte {error.start}") from None


# CSV.


def _csv(text: str, whole: bool, custom: dict | None = None) -> Schema:
    custom = custom or {}
    if not whole:
        text = text[: text.rfind("\n") + 1]
    quote = custom.get("QuoteSymbol") or '"'
    delimiter, width = _dialect(text, quote, custom)
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote) if row]
    regular = [row for row in rows if len(row) == width]
    header = _has_header(regular, custom)
    data = regular[1:] if header else regular
    if not header and len(data) < 2 or header and not data:
        raise Unclassified("it has fewer than two lines, which is too little to tell CSV from text")
    names = _names(regular[0] if header else [], width, custom)
    types = [_column_type([row[i] for row in data]) for i in range(width)]
    gaps = any(not row[i].strip() for i in range(width) if types[i] != "string" for row in data)
    odd = len(rows) - len(regular)
    return Schema(
        "csv", tuple(zip(names, types)), len(rows) - header, delimiter=delimiter, header=header, quote=quote, gaps=gaps,
        quoted=bool(re.search(f"(?:^|{re.escape(delimiter)}){re.escape(quote)}", text, re.MULTILINE)),
        serde=custom.get("Serde") if custom.get("Serde") not in (None, "None") else "",
        remarks=(f"{odd} of {len(rows)} lines do not have {width} values: {_first_odd(rows, width, delimiter)}",) if odd else (),
    )  # fmt: skip


def _dialect(text: str, quote: str, custom: dict) -> tuple[str, int]:
    """The delimiter that splits the most lines into the same number of values, and that number."""
    head = text.split("\n", _DIALECT_LINES)[:_DIALECT_LINES]
    least = 1 if custom.get("AllowSingleColumn") else 2
    best = (0.0, 0, "")
    for delimiter in [custom["Delimiter"]] if custom.get("Delimiter") else _DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(head, delimiter=delimiter, quotechar=quote) if row)
        except csv.Error:
            continue
        if not widths:
            continue
        width, lines = widths.most_common(1)[0]
        share = lines / widths.total()
        if width >= least and share >= _REGULAR and (share, width) > best[:2]:
            best = (share, width, delimiter)
    if not best[1]:
        raise Unclassified("its lines have no common number of two or more values, whichever delimiter is tried")
    return best[2], best[1]


def _has_header(rows: list[list[str]], custom: dict) -> bool:
    """Glue's rule: short words first, and below at least one column that is not words."""
    told = custom.get("ContainsHeader", "UNKNOWN")
    if told != "UNKNOWN":
        return told == "PRESENT"
    first, rest = rows[0], rows[1:]
    words = [value.strip() for value in first]
    named = all(words[:-1]) and all(_value_type(word) == "string" for word in words if word)
    short = all(len(word) < _HEADER_LENGTH for word in words[:-1])
    if not (named and short and rest):
        return False
    return any(_column_type([row[i] for row in rest]) != "string" for i in range(len(first)))


def _names(header: list[str], width: int, custom: dict) -> list[str]:
    """Column names as the catalog has them: in lower case, each once; col0, col1 … without a header."""
    given = custom.get("Header") or header
    names: list[str] = []
    for i in range(width):
        name = given[i].strip().lower() if i < len(given) else ""
        name = name or f"col{i}"
        taken = sum(other == name or re.fullmatch(re.escape(name) + r"_\d+", other) is not None for other in names)
        names.append(f"{name}_{taken}" if name in names else name)
    return names


def _column_type(values: list[str]) -> str:
    """bigint, double or boolean if every value that is not empty is one; else string.

    Dates and times stay strings, as Glue's CSV classifier leaves them.
    """
    kinds = set()
    for value in values:
        value = value.strip()
        if value:
            kinds.add(_value_type(value))
            if "string" in kinds:
                return "string"
    if not kinds:
        return "string"
    if kinds <= {"bigint", "double"}:
        return "double" if "double" in kinds else "bigint"
    return kinds.pop() if len(kinds) == 1 else "string"


def _value_type(value: str) -> str:
    if _INTEGER.fullmatch(value):
        return "bigint" if -(1 << 63) <= int(value) < 1 << 63 else "double"
    if _DECIMAL.fullmatch(value):
        return "double"
    return "boolean" if value.lower() in ("true", "false") else "string"


def _first_odd(rows: list[list[str]], width: int, delimiter: str) -> str:
    number, row = next((number, row) for number, row in enumerate(rows, 1) if len(row) != width)
    return f"the first is number {number}, {delimiter.join(row)[:80]!r}"


# JSON.


def _json(text: str, whole: bool, path: str = "$") -> Schema:
    documents = _documents(text, whole)
    records = [record for document in documents for record in _at(document, path)]
    # Glue's own classifier describes a file that is one array as a single column named array.
    rows = [record if isinstance(record, dict) else {"array": record} for record in records]
    if not rows:
        raise Unclassified("it has no JSON record")
    merged = None
    for row in rows:
        merged = _merge(merged, _type_of(row))
    names = {name.lower(): kind for name, kind in merged.items()}
    columns = tuple((name, _shown(kind)) for name, kind in names.items())
    return Schema("json", columns, len(rows), paths=tuple(merged))


def _documents(text: str, whole: bool) -> list:
    """The JSON values that follow each other in the text: one a line, or spread over lines."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while True:
        at = re.compile(r"[\s,]*").match(text, at).end()
        if at == len(text):
            return found
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError as error:
            if found and not whole:  # the sample ends within a value
                return found
            line = text.count("\n", 0, at) + 1
            raise Unclassified(f"it begins like JSON, and line {line} is none: {getattr(error, 'msg', error)}") from None
        if not isinstance(value, (dict, list)):
            raise Unclassified("it has JSON values that are neither objects nor arrays")
        found.append(value)


def _at(document, path: str):
    """The values at a JSON path of names and [*], as a custom classifier gives it: "$", "$[*]", "$.a[*]"."""
    values = [document]
    for name, every in re.findall(r"\.([^.\[\]]+)|(\[\*\])", path):
        if every:
            values = [item for value in values if isinstance(value, list) for item in value]
        else:
            values = [value[name] for value in values if isinstance(value, dict) and name in value]
    return values


def _type_of(value):
    """Glue's type of a value: a name, a dictionary (struct), a one-element list (array), or None for null."""
    if isinstance(value, dict):
        return {name: _type_of(item) for name, item in value.items()}
    if isinstance(value, list):
        merged = None
        for item in value:
            merged = _merge(merged, _type_of(item))
        return [merged]
    if value is None:
        return None
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "int" if -(1 << 31) <= value < 1 << 31 else "bigint"
    return "double" if isinstance(value, float) else "string"


_NUMBERS = ("int", "bigint", "double")


def _merge(one, other):
    """The type that holds both; string where nothing else does."""
    if one is None or other is None or one == other:
        return other if one is None else one
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: _merge(one.get(name), other.get(name)) for name in {**one, **other}}
    if isinstance(one, list) and isinstance(other, list):
        return [_merge(one[0], other[0])]
    if one in _NUMBERS and other in _NUMBERS:
        return max(one, other, key=_NUMBERS.index)
    return "string"


def _shown(kind) -> str:
    if isinstance(kind, dict):
        return f"struct<{','.join(f'{name}:{_shown(item)}' for name, item in kind.items())}>"
    if isinstance(kind, list):
        return f"array<{_shown(kind[0])}>"
    return kind or "string"


# Parquet.


def footer_bytes(size: int, tail: bytes) -> int:
    """How many bytes at the end of a Parquet file its footer takes, by the file's last eight."""
    return min(size, int.from_bytes(tail[-8:-4], "little") + 8)


def _parquet(sample: Sample) -> Schema:
    """The schema of a Parquet file by its footer alone, read by DuckDB."""
    import duckdb

    end = sample.tail or sample.head
    if not end.endswith(b"PAR1"):
        raise Unclassified("it begins like Parquet and has no footer: it was not written to its end")
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        # As long as the object, with nothing but its footer in it: a reader of schemas looks no further.
        file.write(b"PAR1")
        file.seek(sample.size - len(end))
        file.write(end)
        file.flush()
        with duckdb.connect(config={"threads": 1}) as connection:
            try:
                columns = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [file.name]).fetchall()
                rows = connection.execute("SELECT num_rows FROM parquet_file_metadata(?)", [file.name]).fetchone()[0]
            except duckdb.Error as error:
                raise Unclassified(f"its Parquet footer cannot be read: {str(error).splitlines()[0]}") from None
    return Schema("parquet", tuple((name.lower(), hive_type(kind)) for name, kind, *_ in columns), rows)


_SIMPLE = {
    "BOOLEAN": "boolean", "TINYINT": "tinyint", "UTINYINT": "smallint", "SMALLINT": "smallint", "USMALLINT": "int",
    "INTEGER": "int", "UINTEGER": "bigint", "BIGINT": "bigint", "UBIGINT": "decimal(20,0)", "HUGEINT": "decimal(38,0)",
    "FLOAT": "float", "DOUBLE": "double", "VARCHAR": "string", "BLOB": "binary", "DATE": "date", "TIME": "string",
    "TIMESTAMP": "timestamp", "TIMESTAMP_NS": "timestamp", "TIMESTAMP_MS": "timestamp", "TIMESTAMP_S": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp", "UUID": "string", "JSON": "string",
}  # fmt: skip


def hive_type(duck: str) -> str:
    """The catalog's name of a DuckDB type: "STRUCT(a INTEGER)[]" is array<struct<a:int>>."""
    duck = duck.strip()
    if duck.endswith("[]"):
        return f"array<{hive_type(duck[:-2])}>"
    name, bracket, inner = duck.partition("(")
    inner = inner[:-1]
    if bracket and name == "STRUCT":
        fields = (_field(part) for part in _parts(inner))
        return f"struct<{','.join(f'{field}:{hive_type(kind)}' for field, kind in fields)}>"
    if bracket and name == "MAP":
        key, value = _parts(inner)
        return f"map<{hive_type(key)},{hive_type(value)}>"
    if bracket and name == "DECIMAL":
        return f"decimal({inner.replace(' ', '')})"
    return _SIMPLE.get(duck, "string")


def _field(part: str) -> tuple[str, str]:
    """Name and type of "a INTEGER" and of "\\"a b\\" INTEGER"."""
    quoted = re.match(r'\s*"((?:[^"]|"")*)"\s+(.*)', part, re.DOTALL)
    if quoted:
        return quoted[1].replace('""', '"'), quoted[2]
    name, _, kind = part.strip().partition(" ")
    return name, kind


def _parts(inner: str) -> list[str]:
    """Split at the commas that stand in no bracket and in no quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for i, sign in enumerate(inner):
        if sign == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif sign in "(<":
            depth += 1
        elif sign in ")>":
            depth -= 1
        elif sign == "," and depth == 0:
            parts.append(inner[start:i])
            start = i + 1
    return [*parts, inner[start:]]
