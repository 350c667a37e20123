"""Sheets, filters, parameters, calculations and links on the page; a million rows."""

import json
import urllib.request

import million
import pytest
from definition import DATA, column, definition, sheet, text, total, visual

ALL = {"AllSheets": {}}


def group(name, body, **more):
    kind, inner = next(iter(body.items()))
    filters = [{kind: {"FilterId": name, **inner}}]
    return {"FilterGroupId": f"{name}-group", "Filters": filters, "ScopeConfiguration": ALL, "CrossDataset": "SINGLE_DATASET", **more}


def bar(name, value, **more):
    return visual("BarChartVisual", name, {"Category": [text("fund", f"{name}.fund")], "Values": [value]}, Orientation="VERTICAL", **more)


def working():
    """Two sheets with a filter, parameters of each use, calculations and a link."""
    link = {
        "CustomActionId": "open",
        "Name": "Open",
        "Status": "ENABLED",
        "Trigger": "DATA_POINT_CLICK",
        "ActionOperations": [
            {"NavigationOperation": {"LocalNavigationConfiguration": {"TargetSheetId": "second"}}},
            {
                "SetParametersOperation": {
                    "ParameterValueConfigurations": [{"DestinationParameterName": "fund", "Value": {"SourceField": "amount.fund"}}]
                }
            },
        ],
    }
    amount = bar("amount", total("amount", field="amount.value"))
    amount["BarChartVisual"]["Actions"] = [link]
    ratio = {"CalculatedMeasureField": {"FieldId": "ratio", "Expression": "sum({net}) / count({amount})"}}
    first = [amount, bar("net", total("net", field="net.value")), bar("ratio", ratio)]
    controls = [
        {"Dropdown": {"FilterControlId": "pick", "Title": "Country", "SourceFilterId": "countries", "Type": "MULTI_SELECT"}},
        {
            "Slider": {
                "FilterControlId": "least",
                "Title": "Amount",
                "SourceFilterId": "paid",
                "MinimumValue": 0,
                "MaximumValue": 9,
                "StepSize": 1,
            }
        },
    ]
    rate = {"TextField": {"ParameterControlId": "rate", "Title": "Rate", "SourceParameterName": "rate"}}
    return definition(
        sheet("first", first, FilterControls=controls, ParameterControls=[rate]),
        sheet("second", [bar("chosen", total("amount", field="chosen.value"))]),
        CalculatedFields=[
            {"DataSetIdentifier": DATA, "Name": "net", "Expression": "ifelse({country} = 'DE', {amount} * ${rate}, {amount})"},
        ],
        ParameterDeclarations=[
            {
                "DecimalParameterDeclaration": {
                    "Name": "rate",
                    "ParameterValueType": "SINGLE_VALUED",
                    "DefaultValues": {"StaticValues": [0.5]},
                }
            },
            {"StringParameterDeclaration": {"Name": "fund", "ParameterValueType": "SINGLE_VALUED"}},
        ],
        FilterGroups=[
            group(
                "countries",
                {
                    "CategoryFilter": {
                        "Column": column("country"),
                        "Configuration": {"FilterListConfiguration": {"MatchOperator": "CONTAINS"}},
                    }
                },
            ),
            group(
                "paid",
                {
                    "NumericRangeFilter": {
                        "Column": column("amount"),
                        "NullOption": "NON_NULLS_ONLY",
                        "RangeMinimum": {"StaticValue": 6},
                        "IncludeMinimum": True,
                    }
                },
            ),
            group(
                "chosen",
                {
                    "CategoryFilter": {
                        "Column": column("fund"),
                        "Configuration": {
                            "CustomFilterConfiguration": {
                                "MatchOperator": "EQUALS",
                                "ParameterName": "fund",
                                "NullOption": "NON_NULLS_ONLY",
                            }
                        },
                    }
                },
                ScopeConfiguration={
                    "SelectedSheets": {"SheetVisualScopingConfigurations": [{"SheetId": "second", "Scope": "ALL_VISUALS"}]}
                },
            ),
        ],
    )


@pytest.fixture
def page(browser, drawn):
    browser.open(drawn("working", working()))
    assert browser.complaints == []
    return browser


def values(browser, name):
    return browser.run(
        """const option = lakekeel.charts.get(arguments[0]).getOption();
        return Object.fromEntries(option.xAxis[0].data.map((x, i) => [x, option.series[0].data[i].value]))""",
        name,
    )


def change(browser, control, value, number=0):
    """Give a control a value as a reader does, several values for a list."""
    browser.run(
        """const element = document.querySelectorAll(`#control-${arguments[0]} :is(input, select)`)[arguments[2]], value = arguments[1];
        if (Array.isArray(value)) for (const o of element.options) o.selected = value.includes(o.value); else element.value = value;
        element.dispatchEvent(new Event("change"))""",
        control,
        value,
        number,
    )


def test_filters_of_the_definition_work_from_the_start(page):
    assert values(page, "amount") == {"A": 60, "B": 7, "C": 100}


def test_filter_controls(page, picture):
    assert page.run("return [...document.querySelectorAll('#control-pick option')].map((o) => o.value)") == ["DE", "FR", "US"]
    change(page, "pick", ["FR"])
    picture("filtered")
    assert values(page, "amount") == {"A": 20, "B": 7}
    change(page, "least", "", 0)
    assert values(page, "amount") == {"A": 20, "B": 12}
    change(page, "pick", [])
    assert values(page, "amount") == {"A": 60, "B": 12, "C": 100}


def test_filters_that_leave_nothing_say_so(page):
    change(page, "least", "1000", 0)
    assert page.run("return document.querySelector('#visual-amount .note').textContent") == "no rows after the filters"


def test_calculated_fields_and_parameters(page):
    assert values(page, "net") == {"A": 40, "B": 7, "C": 100}
    assert values(page, "ratio") == {"A": pytest.approx(40 / 3), "B": 7, "C": 100}
    change(page, "rate", "2")
    assert values(page, "net") == {"A": 100, "B": 7, "C": 100}
    assert values(page, "ratio") == {"A": pytest.approx(100 / 3), "B": 7, "C": 100}


def test_sheets_are_tabs(page):
    page.run("document.querySelector('.tab[data-sheet=second]').click()")
    assert page.run("return [...document.querySelectorAll('.visual')].map((v) => v.id)") == ["visual-chosen"]
    assert page.run("return document.querySelector('.tab[aria-selected=true]').textContent") == "Second"


def test_click_opens_the_linked_sheet_with_its_parameter(page):
    page.run("follow(lakekeel.sheet.visuals[0], lakekeel.charts.get('amount').getOption().series[0].data[1].fields)")
    assert values(page, "chosen") == {"B": 7}


def test_every_match_of_a_filter(browser, drawn):
    def compare(how, value):
        return {
            "CategoryFilter": {
                "Column": column("country"),
                "Configuration": {
                    "CustomFilterConfiguration": {"MatchOperator": how, "CategoryValue": value, "NullOption": "NON_NULLS_ONLY"}
                },
            }
        }

    between = {
        "Column": column("Trade Date"),
        "RangeMinimumValue": {"StaticValue": "2026-01-02T00:00:00Z"},
        "RangeMaximumValue": {"StaticValue": "2026-01-05T00:00:00Z"},
    }
    order = {
        "Column": column("amount"),
        "SortDirection": "DESC",
        "AggregationFunction": {"NumericalAggregationFunction": {"SimpleNumericalAggregation": "SUM"}},
    }
    recent = {
        "Column": column("Trade Date"),
        "AnchorDateConfiguration": {"AnchorOption": "NOW"},
        "TimeGranularity": "DAY",
        "RelativeDateType": "LAST",
        "RelativeDateValue": 1,
    }
    cases = {
        "equals": (compare("EQUALS", "DE"), {"A": 40}),
        "differs": (compare("DOES_NOT_EQUAL", "DE"), {"A": 20, "B": 12, "C": 100}),
        "starts": (compare("STARTS_WITH", "U"), {"C": 100}),
        "between": ({"TimeRangeFilter": {**between, "IncludeMinimum": True, "NullOption": "NON_NULLS_ONLY"}}, {"A": 30}),
        "top": ({"TopBottomFilter": {"Column": column("fund"), "Limit": 2, "AggregationSortConfigurations": [order]}}, {"A": 60, "C": 100}),
        "recent": ({"RelativeDatesFilter": {**recent, "NullOption": "NON_NULLS_ONLY"}}, {}),
    }
    for name, (body, want) in cases.items():
        browser.open(drawn(name, definition(sheet("s", [bar("amount", total("amount"))]), FilterGroups=[group(name, body)])))
        assert values(browser, "amount") == want, name


def test_filter_that_the_preview_leaves_out_is_named(browser, drawn):
    equal = {"NumericEqualityFilter": {"Column": column("amount"), "Value": 7, "MatchOperator": "EQUALS", "NullOption": "ALL_VALUES"}}
    browser.open(drawn("left", definition(sheet("s", [bar("amount", total("amount"))]), FilterGroups=[group("seven", equal)])))
    assert browser.run("return document.querySelector('.remark').textContent") == "The filter seven (NumericEqualityFilter) is left out."


def test_limits_of_lines_are_said(browser, drawn, tmp_path):
    from definition import day, line

    days = [f"2026-{1 + i // 28:02}-{1 + i % 28:02}" for i in range(150)]
    (tmp_path / "trades.csv").write_text("Trade Date,fund,amount\n" + "".join(f"{d},F{i},1\n" for i, d in enumerate(days)))
    visuals = [
        line("points", day("Trade Date"), "SHOW_AS_BLANK"),
        line("colours", day("Trade Date", "YEAR"), "SHOW_AS_BLANK", Colors=[text("fund")]),
    ]
    browser.open(drawn("limits", definition(sheet("s", visuals)), tmp_path))
    said = [browser.run("return document.querySelector(`#visual-${arguments[0]} .note`).textContent", v) for v in ("points", "colours")]
    assert said[0].startswith("100 of ")
    assert said[1] == "25 of 150 colours are shown"


def test_words_of_the_data_are_no_markup(browser, drawn, tmp_path):
    evil = "</script><script>window.taken = 1</script><img src=x onerror='window.taken = 1'>"
    (tmp_path / "trades.csv").write_text(f'fund,amount\n"{evil}",1\n')
    table = visual("TableVisual", "table", {"GroupBy": [text("fund")], "Values": [total("amount")]})
    browser.open(drawn("evil", definition(sheet("s", [table, bar("amount", total("amount", field="a"))])), tmp_path))
    assert browser.run("return [window.taken ?? null, document.querySelector('#visual-table td').textContent]") == [None, evil]


def test_ten_visuals_over_a_million_rows(browser, drawn, tmp_path):
    """The bounds only notice a page that has become unusable; test/bench/preview.py measures."""
    amount = million.rows(tmp_path)
    browser.open(drawn("million", million.dashboard(), tmp_path), seconds=60)
    assert browser.complaints == []
    assert browser.run("return [...document.querySelectorAll('.note')].map((n) => n.textContent)") == []
    assert browser.run("return document.querySelector('#visual-kpi .number').textContent") == amount
    assert browser.run("redraw(); return lakekeel.took") < 20_000


def test_served_on_this_machine_only(lakekeel, rows, tmp_path):
    import subprocess

    file = tmp_path / "working.json"
    file.write_text(json.dumps(working()))
    server = subprocess.Popen(
        [lakekeel.program, "preview", "--from", file, "--data", rows], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        url = server.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert b"<b>Preview</b>" in answer.read()
        port = url.split(":")[2].split("/")[0]
        taken = lakekeel("preview", "--from", file, "--data", rows, "--port", port)
        assert (taken.returncode, taken.stderr) == (1, f"lakekeel: port {port} is in use; leave --port out to take a free one\n")
    finally:
        server.terminate()
        server.wait(10)
