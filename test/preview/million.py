"""A sheet of ten visuals, one of each kind, and a million rows under it: for a test and for test/bench/preview.py."""

import duckdb
from definition import column, day, definition, line, sheet, text, total, visual

ROWS = 1_000_000


def rows(folder):
    """Write the rows, in no order; return the sum of their amounts as the page writes it. Amounts are whole quarters: no sum is rounded."""
    draw = "(hash(i, '{}') % {})::int".format
    table = duckdb.sql(f"""SELECT date '2026-01-01' + {draw("date", 90)} AS "Trade Date", 'F' || {draw("fund", 20)} AS fund,
        ['DE', 'FR', 'US', 'BR', 'IN', 'JP', 'ZA'][1 + {draw("country", 7)}] AS country, {draw("amount", 40_000)} / 4 AS amount
        FROM range({ROWS}) t(i)""")
    table.write_parquet(f"{folder}/trades.parquet")
    return f"{table.sum('amount').fetchall()[0][0]:,.2f}".rstrip("0").rstrip(".")


def dashboard():
    amount, by_fund, by_day = [total("amount")], [text("fund")], day("Trade Date")
    spread = {"NumericalMeasureField": {"FieldId": "spread", "Column": column("amount")}}
    combo = {"Category": by_fund, "BarValues": amount, "LineValues": [total("amount", "AVERAGE")]}
    return definition(
        sheet(
            "million",
            [
                visual("BarChartVisual", "bar", {"Category": by_fund, "Values": amount, "Colors": [text("country")]}),
                visual("ComboChartVisual", "combo", combo, BarsArrangement="CLUSTERED"),
                line("line", by_day, "SHOW_AS_BLANK", Colors=by_fund),
                line("area", by_day, "SHOW_AS_ZERO", kind="STACKED_AREA", Colors=[text("country")]),
                visual("PieChartVisual", "pie", {"Category": by_fund, "Values": amount}),
                visual("FilledMapVisual", "map", {"Geospatial": [text("country")], "Values": amount}),
                visual("HistogramVisual", "histogram", {"Values": [spread]}),
                visual("KPIVisual", "kpi", {"Values": amount}),
                visual("TableVisual", "table", {"GroupBy": [*by_fund, text("country")], "Values": [total("amount", "DISTINCT_COUNT")]}),
                visual("PivotTableVisual", "pivot", {"Rows": by_fund, "Columns": [day("Trade Date", "MONTH")], "Values": amount}),
            ],
        )
    )
