"""Write columns of CSV or Parquet files as CSV without a header: python -c … PATH OUT COLUMN…"""

import sys
from pathlib import Path

import duckdb

path, out, columns = sys.argv[1], sys.argv[2], sys.argv[3:]
if Path(path).is_dir():
    path += "/*.parquet" if any(Path(path).glob("*.parquet")) else "/*.csv"
reader = "read_parquet" if path.endswith(".parquet") else "read_csv"
rows = duckdb.sql(f"FROM {reader}('{path.replace(chr(39), chr(39) * 2)}')")
for column in columns:
    if column not in rows.columns:
        sys.exit("missing: " + "\t".join([column, *rows.columns]))
chosen = ", ".join(f'"{column.replace(chr(34), chr(34) * 2)}"' for column in columns) or "1"
duckdb.sql(f"COPY (SELECT {chosen} FROM rows) TO '{out}' (FORMAT csv, HEADER false, NULLSTR '\\N')")
