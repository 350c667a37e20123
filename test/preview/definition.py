"""Dashboards in the service's own JSON, as a template has them."""

DATA = "Trades"


def column(name):
    return {"DataSetIdentifier": DATA, "ColumnName": name}


def text(name, field=None):
    return {"CategoricalDimensionField": {"FieldId": field or name, "Column": column(name)}}


def day(name, by="DAY"):
    return {"DateDimensionField": {"FieldId": name, "Column": column(name), "DateGranularity": by}}


def total(name, how="SUM", field=None):
    function = {"SimpleNumericalAggregation": how}
    return {"NumericalMeasureField": {"FieldId": field or f"{how} {name}", "Column": column(name), "AggregationFunction": function}}


def count(name, how="COUNT"):
    return {"CategoricalMeasureField": {"FieldId": f"{how} {name}", "Column": column(name), "AggregationFunction": how}}


def visual(kind, name, wells, **more):
    group = {
        "TableVisual": "TableAggregatedFieldWells",
        "PivotTableVisual": "PivotTableAggregatedFieldWells",
        "KPIVisual": None,
    }.get(kind, kind.replace("Visual", "AggregatedFieldWells"))
    chart = {"FieldWells": wells if group is None else {group: wells}, **more}
    title = {"Visibility": "VISIBLE", "FormatText": {"PlainText": f"The {name}"}}
    return {kind: {"VisualId": name, "Title": title, "ChartConfiguration": chart}}


def line(name, category, treatment, kind="LINE", **wells):
    axis = {"MissingDataConfigurations": [{"TreatmentOption": treatment}]}
    values = {"Category": [category], "Values": [total("amount")], **wells}
    return visual("LineChartVisual", name, values, Type=kind, PrimaryYAxisDisplayOptions=axis)


def sheet(name, visuals, **more):
    """Put visuals on the grid, two beside each other, 9 rows high."""
    elements = [
        {
            "ElementId": next(iter(v.values()))["VisualId"],
            "ElementType": "VISUAL",
            "ColumnIndex": 18 * (i % 2),
            "ColumnSpan": 18,
            "RowIndex": 9 * (i // 2),
            "RowSpan": 9,
        }
        for i, v in enumerate(visuals)
    ]
    layout = {"Configuration": {"GridLayout": {"Elements": elements}}}
    return {"SheetId": name, "Name": name.title(), "Visuals": visuals, "Layouts": [layout], **more}


def definition(*sheets, arn="arn:aws:quicksight:eu-central-1:123456789012:dataset/trades", **more):
    return {"DataSetIdentifierDeclarations": [{"Identifier": DATA, "DataSetArn": arn}], "Sheets": list(sheets), **more}
