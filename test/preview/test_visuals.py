"""Each kind of visual and each treatment of missing data, in a real browser.

What is drawn is compared by structure: the chart library's own option and the SVG or HTML elements in the page.
Pixels differ from machine to machine; with LAKEKEEL_PICTURES=folder the screenshots are kept to look at.
"""

import pytest
from definition import column, count, day, definition, line, sheet, text, total, visual

VISUALS = {
    "bar": visual(
        "BarChartVisual",
        "bar",
        {"Category": [text("fund")], "Values": [total("amount")]},
        Orientation="VERTICAL",
        BarsArrangement="CLUSTERED",
    ),
    "stacked": visual(
        "BarChartVisual",
        "stacked",
        {"Category": [text("fund")], "Values": [total("amount")], "Colors": [text("country")]},
        Orientation="HORIZONTAL",
        BarsArrangement="STACKED_PERCENT",
    ),
    "combo": visual(
        "ComboChartVisual",
        "combo",
        {"Category": [text("fund")], "BarValues": [total("amount"), total("amount", "MAX")], "LineValues": [total("amount", "AVERAGE")]},
        BarsArrangement="CLUSTERED",
    ),
    "line": line("line", day("Trade Date"), "SHOW_AS_BLANK"),
    "area": line("area", day("Trade Date"), "SHOW_AS_ZERO", kind="STACKED_AREA", Colors=[text("fund")]),
    "pie": visual("PieChartVisual", "pie", {"Category": [text("fund")], "Values": [total("amount")]}),
    "map": visual("FilledMapVisual", "map", {"Geospatial": [text("country")], "Values": [total("amount")]}),
    "histogram": visual(
        "HistogramVisual",
        "histogram",
        {"Values": [{"NumericalMeasureField": {"FieldId": "spread", "Column": column("amount")}}]},
        BinOptions={"SelectedBinType": "BIN_WIDTH", "BinWidth": {"Value": 50}},
    ),
    "kpi": visual("KPIVisual", "kpi", {"Values": [total("amount")], "TrendGroups": [day("Trade Date")]}),
    "table": visual(
        "TableVisual",
        "table",
        {
            "GroupBy": [text("fund")],
            "Values": [
                total("amount"),
                total("amount", "AVERAGE"),
                total("amount", "MIN"),
                total("amount", "MAX"),
                count("country"),
                count("country", "DISTINCT_COUNT"),
            ],
        },
        SortConfiguration={"RowSort": [{"FieldSort": {"FieldId": "SUM amount", "Direction": "DESC"}}]},
    ),
    "pivot": visual(
        "PivotTableVisual", "pivot", {"Rows": [text("fund")], "Columns": [day("Trade Date", "MONTH")], "Values": [total("amount")]}
    ),
    "other": {"SankeyDiagramVisual": {"VisualId": "other", "ChartConfiguration": {}}},
}


@pytest.fixture(scope="module")
def kinds(browser, drawn):
    browser.open(drawn("kinds", definition(sheet("kinds", list(VISUALS.values())))))
    return browser


def option(browser, name):
    """Give a chart's series as [name, type, values, more], its X labels and its axes' names."""
    return browser.run(
        """const option = lakekeel.charts.get(arguments[0]).getOption(), axis = (a) => [a.type, a.name, a.data ?? null];
        return {series: option.series.map((s) => [s.name, s.type, s.data.map((d) => d?.fields || d?.name ? d.value : d)]),
                x: (option.xAxis ?? []).map(axis), y: (option.yAxis ?? []).map(axis), legend: (option.legend ?? []).length}""",
        name,
    )


def cells(browser, name):
    return browser.run(
        "return [...document.querySelectorAll(`#visual-${arguments[0]} tr`)].map((r) => [...r.children].map((c) => c.textContent))", name
    )


def shapes(browser, name):
    """Count the paths that the chart has drawn."""
    return browser.run("return document.querySelectorAll(`#visual-${arguments[0]} svg path`).length", name)


def notes(browser, name):
    return browser.run("return [...document.querySelectorAll(`#visual-${arguments[0]} .note`)].map((n) => n.textContent)", name)


def test_page_says_that_it_is_a_preview(kinds, picture):
    picture("kinds")
    kinds.run("window.scrollTo(0, 1000)")
    picture("kinds-2")
    said = kinds.run("return document.getElementById('preview').innerText")
    assert said.startswith("Preview, drawn by Lakekeel from rows in ")
    assert "QuickSight draws the deployed dashboard" in said
    assert kinds.complaints == []


def test_titles_and_places(kinds):
    places = kinds.run(
        """return Object.fromEntries([...document.querySelectorAll(".visual")].map((v) => [v.id, [v.querySelector("h2").textContent,
        v.style.gridColumn, v.style.gridRow, Math.round(v.getBoundingClientRect().width)]]))"""
    )
    assert places["visual-bar"][:3] == ["The bar", "1 / span 18", "1 / span 9"]
    assert places["visual-stacked"][:3] == ["The stacked", "19 / span 18", "1 / span 9"]
    assert places["visual-bar"][3] == places["visual-stacked"][3] > 600


def test_bar(kinds):
    got = option(kinds, "bar")
    assert got["series"] == [["amount (Sum)", "bar", [60, 12, 100]]]
    assert got["x"] == [["category", "fund", ["A", "B", "C"]]]
    assert got["y"] == [["value", "amount (Sum)", None]]
    assert shapes(kinds, "bar") >= 3


def test_stacked_percent_of_colours_lies_on_its_side(kinds):
    got = option(kinds, "stacked")
    assert [(name, values) for name, _, values in got["series"]] == [
        ("DE", [pytest.approx(200 / 3), 0, 0]),
        ("FR", [pytest.approx(100 / 3), 100, 0]),
        ("US", [0, 0, 100]),
        ("null", [0, 0, 0]),
    ]
    assert got["y"][0][:2] == ["category", "fund"]


def test_clustered_bar_combo(kinds):
    got = option(kinds, "combo")
    assert got["series"] == [
        ["amount (Sum)", "bar", [60, 12, 100]],
        ["amount (Max)", "bar", [30, 7, 100]],
        ["amount (Average)", "line", [20, 6, 100]],
    ]
    assert [name for _, name, _ in got["y"]] == ["amount (Sum), amount (Max)", "amount (Average)"]
    assert got["legend"] == 1


def test_line(kinds):
    got = option(kinds, "line")
    assert got["x"] == [["category", "Trade Date", [f"2026-01-0{d}" for d in range(1, 6)]]]
    assert got["series"] == [["amount (Sum)", "line", [15, 30, None, None, 127]]]


def test_stacked_area(kinds):
    got = option(kinds, "area")
    assert got["series"] == [["A", "line", [10, 30, 0, 0, 20]], ["B", "line", [5, 0, 0, 0, 7]], ["C", "line", [0, 0, 0, 0, 100]]]
    assert kinds.run("return lakekeel.charts.get('area').getOption().series.every((s) => s.areaStyle && s.stack)")


def test_pie(kinds):
    got = option(kinds, "pie")
    assert got["series"] == [["amount (Sum)", "pie", [100, 60, 12]]]
    assert shapes(kinds, "pie") >= 3


def places(browser, name):
    """What a filled map has drawn: the value by place, and how many outlines in the page have a colour."""
    return browser.run(
        """const series = lakekeel.charts.get(arguments[0]).getOption().series[0], colours = {};
        for (const path of document.querySelectorAll(`#visual-${arguments[0]} svg path[stroke="${series.itemStyle.borderColor}"]`))
          colours[path.getAttribute("fill")] = (colours[path.getAttribute("fill")] ?? 0) + 1;
        return [Object.fromEntries(series.data.map((p) => [p.spelt, p.value])), colours]""",
        name,
    )


def test_filled_map(kinds):
    values, colours = places(kinds, "map")
    assert values == {"DE": 40, "FR": 32, "US": 100}
    assert notes(kinds, "map") == ["not found on the map: null"]
    assert colours.pop("#eceff1") > 200  # the countries without a value
    assert colours == {"rgb(207,227,247)": 1, "rgb(184,210,236)": 1, "rgb(8,81,156)": 1}  # the lowest, the next, the highest


def test_histogram(kinds):
    got = option(kinds, "histogram")
    assert got["series"] == [["Count", "bar", [5, 0, 1]]]
    assert got["x"][0][2] == ["0 to 50", "50 to 100", "100 to 150"]


def test_kpi(kinds):
    assert kinds.run("return document.querySelector('#visual-kpi .number').textContent") == "127"
    assert kinds.run("return document.querySelector('#visual-kpi .change').textContent") == "323.33 % against the period before (30)"
    assert option(kinds, "kpi")["series"][0][2] == [15, 30, 127]


def test_table_with_every_aggregate(kinds):
    head = ["fund", *(f"amount ({how})" for how in ("Sum", "Average", "Min", "Max")), "country (Count)", "country (Distinct count)"]
    assert cells(kinds, "table") == [
        head,
        ["C", "100", "100", "100", "100", "1", "1"],
        ["A", "60", "20", "10", "30", "3", "2"],
        ["B", "12", "6", "5", "7", "2", "1"],
    ]


def test_pivot_table(kinds):
    assert cells(kinds, "pivot") == [["fund", "2026-01"], ["A", "60"], ["B", "12"], ["C", "100"]]


def test_kind_that_the_preview_does_not_draw(kinds):
    assert notes(kinds, "other") == ["the preview does not draw a SankeyDiagramVisual"]


TREATMENTS = {
    # name: values of fund B on January 1 to 5, whether the line goes on over gaps, and how often it is interrupted
    "SHOW_AS_BLANK": ([5, None, None, None, 7], False),
    "INTERPOLATE": ([5, None, None, None, 7], True),
    "SHOW_AS_ZERO": ([5, 0, 0, 0, 7], False),
}
CATEGORIES = {"time": day("Trade Date"), "category": text("country")}
OF_COUNTRY = {"SHOW_AS_BLANK": [None, 12, None, None], "INTERPOLATE": [None, 12, None, None], "SHOW_AS_ZERO": [0, 12, 0, 0]}


@pytest.fixture(scope="module")
def gaps(browser, drawn):
    visuals = [
        line(f"{along}-{treatment}-{kind}", category, treatment, kind, Colors=[text("fund")])
        for along, category in CATEGORIES.items()
        for treatment in TREATMENTS
        for kind in ("LINE", "AREA")
    ]
    browser.open(drawn("gaps", definition(sheet("gaps", visuals))))
    return browser


@pytest.mark.parametrize("kind", ["LINE", "AREA"])
@pytest.mark.parametrize("along", CATEGORIES)
@pytest.mark.parametrize("treatment", TREATMENTS)
def test_missing_data(gaps, picture, treatment, along, kind):
    name = f"{along}-{treatment}-{kind}"
    gaps.run("document.getElementById(`visual-${arguments[0]}`).scrollIntoView()", name)
    picture(f"missing-{name}")
    values, connects = TREATMENTS[treatment]
    got = option(gaps, name)
    assert got["series"][1] == ["B", "line", values if along == "time" else OF_COUNTRY[treatment]]
    assert gaps.run("return lakekeel.charts.get(arguments[0]).getOption().series[1].connectNulls", name) == connects
    if along == "time":  # what ECharts has drawn of fund B: one stroke from 1 to 5 January, or none over the gap
        strokes = gaps.run(
            """const chart = lakekeel.charts.get(arguments[0]), colour = chart.getVisual({seriesIndex: 1}, "color");
            return [...document.querySelectorAll(`#visual-${arguments[0]} svg path[fill="none"]`)]
              .filter((p) => p.getAttribute("stroke") === colour && p.getAttribute("stroke-width") === "2")
              .map((p) => (p.getAttribute("d").match(/L/g) ?? []).length)""",
            name,
        )
        assert sum(strokes) == {"SHOW_AS_BLANK": 0, "INTERPOLATE": 1, "SHOW_AS_ZERO": 4}[treatment]


def test_right_axis_has_its_own_treatment(browser, drawn):
    wells = {"LineChartAggregatedFieldWells": {"Category": [day("Trade Date")], "Values": [total("amount"), total("amount", "MAX")]}}

    def treat(how):
        return {"MissingDataConfigurations": [{"TreatmentOption": how}]}

    chart = {
        "FieldWells": wells,
        "Type": "LINE",
        "PrimaryYAxisDisplayOptions": treat("SHOW_AS_ZERO"),
        "SecondaryYAxisDisplayOptions": treat("INTERPOLATE"),
        "Series": [{"FieldSeriesItem": {"FieldId": "MAX amount", "AxisBinding": "SECONDARY_YAXIS"}}],
    }
    both = {"LineChartVisual": {"VisualId": "both", "ChartConfiguration": chart}}
    browser.open(drawn("axes", definition(sheet("axes", [both]))))
    got = browser.run("return lakekeel.charts.get('both').getOption().series.map((s) => [s.yAxisIndex, s.connectNulls, s.data[2].value])")
    assert got == [[0, False, 0], [1, True, None]]


def longest_stroke(browser, name):
    """The widest line between two neighbouring points of an outline, in pixels."""
    return browser.run(
        """let longest = 0;
        for (const path of document.querySelectorAll(`#visual-${arguments[0]} svg path[stroke="#b0bec5"]`)) {
          let last;
          for (const [, letter, x] of path.getAttribute("d").matchAll(/([ML])(-?[\\d.]+)/g)) {
            if (letter === "L") longest = Math.max(longest, Math.abs(x - last));
            last = Number(x);
          }
        }
        return longest""",
        name,
    )


SPELT = [
    "Germany",
    "fra",
    "GB",
    "Cote d’Ivoire",
    "The Bahamas",
    "Bosnia & Herzegovina",
    "Dem. Rep. Congo",
    "Kosovo",
    "Republic of Korea",
    "USA",
]


def test_filled_map_finds_names_and_codes_and_lists_what_it_does_not_find(browser, drawn, tmp_path, picture):
    places_given = [*SPELT, "United States", "Atlantis", "GER", "Gibraltar"]
    rows = "".join(f'"{place}",{i + 1}\n' for i, place in enumerate(places_given))
    (tmp_path / "trades.csv").write_text(f"country,amount\n{rows}")
    counted = visual("FilledMapVisual", "counted", {"Geospatial": [text("country")]})
    browser.open(drawn("places", definition(sheet("places", [VISUALS["map"], counted])), tmp_path))
    picture("places")
    assert browser.complaints == []
    assert longest_stroke(browser, "map") < 60  # an outline that is not cut at the 180th meridian goes across the whole map
    values, colours = places(browser, "counted")
    assert values == dict.fromkeys(SPELT, 1)
    assert [colours.pop("rgb(8,81,156)"), list(colours)] == [len(SPELT), ["#eceff1"]]
    assert places(browser, "map")[0] == {place: i + 1 for i, place in enumerate(SPELT)}
    assert notes(browser, "map") == [
        "not found on the map: Atlantis, GER, Gibraltar",
        "another spelling of a place that is drawn already: United States",
    ]
