"use strict";
// One function a kind of visual. Each returns an option of ECharts, or fills the box with HTML itself and returns nothing.
// note(text) says below the visual what the preview does otherwise than the service.

const numbers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1, notation: "compact" });
const shownRows = 500; // of a table; the service loads more as one scrolls

const text = (v, column, by) => {
  if (v === null || v === undefined) return "null";
  if (column?.type === "DATETIME") return date(v, by);
  return typeof v === "number" ? numbers.format(v) : String(v);
};

function date(ms, by = "DAY") {
  const iso = new Date(ms).toISOString();
  switch (by) {
    case "YEAR": return iso.slice(0, 4);
    case "QUARTER": return `${iso.slice(0, 4)} Q${Math.floor(Number(iso.slice(5, 7)) / 3.01) + 1}`;
    case "MONTH": return iso.slice(0, 7);
    case "HOUR": case "MINUTE": return iso.slice(0, 16).replace("T", " ");
    case "SECOND": return iso.slice(0, 19).replace("T", " ");
  }
  return iso.slice(0, 10);
}

const spoken = { SUM: "Sum", AVERAGE: "Average", MIN: "Min", MAX: "Max", COUNT: "Count", DISTINCT_COUNT: "Distinct count", MEDIAN: "Median", STDEV: "Standard deviation", STDEVP: "Standard deviation", VAR: "Variance", VARP: "Variance" };

// named is a measure's name, as the service's legends have it.
function named(data, measure) {
  if (measure.Expression) return measure.Expression;
  const how = aggregateOf(columnOf(data, measure.Column), measure);
  return `${measure.Column} (${spoken[how] ?? how})`;
}

const list = (v) => v ?? [];
const first = (v) => list(v).slice(0, 1); // deeper fields of a category are drilled down to; the preview shows the top

// compare orders values by a sign, 1 for ascending and -1 for descending; what is null comes last either way.
const compare = (a, b, sign = 1) => (a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -sign : sign);

// sorted orders groups by the chart's sort, else dates and texts ascending, as the service does.
function sorted(groups, chart, dimensions, measures) {
  const places = list(chart.Sort).map(({ By, Descending }) => {
    const is = (f) => f.ID === By || f.Column === By;
    const d = dimensions.findIndex(is), m = measures.findIndex(is);
    const sign = Descending ? -1 : 1;
    return (a, b) => (d >= 0 ? compare(a.keys[d], b.keys[d], sign) : m >= 0 ? compare(a.values[m], b.values[m], sign) : 0);
  });
  if (places.length === 0) places.push(...dimensions.map((_, i) => (a, b) => compare(a.keys[i], b.keys[i])));
  return groups.sort((a, b) => places.reduce((order, place) => order || place(a, b), 0));
}

// limited is the first so many, and says what it leaves out.
function limited(items, most, what, note) {
  if (items.length > most) note(`${numbers.format(most)} of ${numbers.format(items.length)} ${what} are shown`);
  return items.slice(0, most);
}

// axis names an axis.
const axis = (name, more) => ({ name, nameLocation: "middle", nameGap: 30, nameTextStyle: { overflow: "truncate", width: 220 }, ...more });
const valueAxis = (name, more) => axis(name, { type: "value", nameGap: 46, axisLabel: { formatter: (v) => short.format(v) }, ...more });
const frame = { grid: { left: 66, right: 66, top: 36, bottom: 52 }, legend: { type: "scroll", top: 4 }, tooltip: { trigger: "axis", valueFormatter: (v) => text(v) }, animation: false };

// crossed has the categories of a chart, and for each series (a measure, or a colour) a value or null at each of them.
function crossed({ data, mask, chart, note }, measures, limit, colourLimit) {
  const category = first(chart.Category), colours = first(chart.Colors), dimensions = [...category, ...colours];
  const column = columnOf(data, category[0].Column), by = column.type === "DATETIME" ? category[0].By || "DAY" : "";
  const totals = sorted(group(data, category, measures, mask), chart, category, measures);
  let categories = totals.map((g) => g.keys[0]);
  if (by && list(chart.Sort).length === 0) categories = everyPeriod(categories, by);
  categories = limited(categories, limit, "points of the X axis", note);
  const at = new Map(categories.map((c, i) => [c, i]));
  const blank = () => new Array(categories.length).fill(null);
  let series;
  if (colours.length === 0) {
    series = measures.map((m, i) => {
      const values = blank();
      for (const g of totals) if (at.has(g.keys[0])) values[at.get(g.keys[0])] = g.values[i];
      return { name: named(data, m), measure: m, values };
    });
  } else {
    const found = new Map();
    for (const g of group(data, dimensions, measures.slice(0, 1), mask)) {
      const values = cached(found, g.keys[1], blank);
      if (at.has(g.keys[0])) values[at.get(g.keys[0])] = g.values[0];
    }
    const shown = limited([...found.keys()].sort((a, b) => compare(a, b)), colourLimit, "colours", note), kind = columnOf(data, colours[0].Column);
    series = shown.map((c) => ({ name: text(c, kind, colours[0].By), colour: c, measure: measures[0], values: found.get(c) }));
  }
  return { categories, labels: categories.map((c) => text(c, column, by)), name: category[0].Column, series };
}

// everyPeriod adds the periods between the first and the last that no row has: a date that is missing is missing data.
function everyPeriod(moments, by) {
  const known = moments.filter((m) => m !== null);
  if (known.length === 0) return moments;
  const all = [], last = known[known.length - 1];
  for (let at = known[0]; at <= last && all.length <= 10000; at = later(at, by, 1)) all.push(at);
  return all;
}

const most = { categories: 200, colours: 25, linePoints: 100, data: 10000, slices: 20, listed: 20 }; // where the definition says nothing

// A hundred percent is computed here, for ECharts only stacks.
function percent(series) {
  series[0]?.values.forEach((_, i) => {
    const total = series.reduce((sum, s) => sum + (s.values[i] ?? 0), 0);
    for (const s of series) s.values[i] = total ? ((s.values[i] ?? 0) / total) * 100 : null;
  });
}

function bars(box, measures) {
  const { chart } = box, table = crossed(box, measures, chart.Limit || most.categories, most.colours);
  if (chart.Arrangement === "STACKED_PERCENT") percent(table.series);
  const stack = (chart.Arrangement || "CLUSTERED") === "CLUSTERED" ? undefined : "bars";
  return { table, series: table.series.map((s) => ({ type: "bar", name: s.name, stack, data: s.values.map((v, i) => ({ value: v, fields: fieldsOf(chart, table.categories[i], s.colour) })) })) };
}

// fieldsOf are the values of a point's fields, for links.
const fieldsOf = (chart, category, colour) => Object.fromEntries([...first(chart.Category).map((d) => [d.ID || d.Column, category]), ...first(chart.Colors).map((d) => [d.ID || d.Column, colour])]);

const valueName = (data, measures) => measures.map((m) => named(data, m)).join(", ");

// range is that of a map's colours; ECharts colours places without a value as well where it is empty.
function range(values) {
  const [least, greatest] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0, 1];
  return { min: least === greatest ? least - 1 : least, max: greatest };
}

const draw = {
  Bar(box) {
    const { chart, data } = box, { table, series } = bars(box, chart.Values);
    const categories = axis(table.name, { type: "category", data: table.labels }), values = valueAxis(valueName(data, chart.Values), chart.Arrangement === "STACKED_PERCENT" ? { max: 100 } : {});
    if (!chart.Horizontal) return { ...frame, xAxis: categories, yAxis: values, series };
    return { ...frame, grid: { ...frame.grid, left: 110 }, xAxis: { ...values, nameGap: 30 }, yAxis: { ...categories, inverse: true, nameGap: 90 }, series };
  },
  Combo(box) {
    const { chart, data } = box, { table, series } = bars(box, list(chart.Bars));
    const lines = crossed({ ...box, chart: { ...chart, Colors: null }, note: () => {} }, list(chart.Lines), chart.Limit || most.categories, 1);
    const drawn = list(chart.Lines).length > 0 ? lines.series.map((s) => ({ type: "line", name: s.name, yAxisIndex: 1, symbolSize: 6, data: s.values })) : [];
    const right = drawn.length > 0 ? [valueAxis(valueName(data, chart.Lines), { splitLine: { show: false } })] : [];
    return { ...frame, xAxis: axis(table.name, { type: "category", data: table.labels }), yAxis: [valueAxis(valueName(data, list(chart.Bars))), ...right], series: [...series, ...drawn] };
  },
  Line(box) {
    const { chart, data, note } = box, measures = [...list(chart.Values), ...list(chart.Right)];
    const table = crossed(box, measures, chart.Points || most.linePoints, chart.Colour || most.colours);
    const points = table.series.reduce((n, s) => n + s.values.length, 0);
    if (points > most.data) note(`the service draws 10,000 points; here are ${numbers.format(points)}`);
    const area = chart.Fill === "AREA" || chart.Fill === "STACKED_AREA";
    const series = table.series.map((s) => {
      const right = list(chart.Right).includes(s.measure), missing = (right ? chart.MissingRight : chart.Missing) || "SHOW_AS_BLANK";
      const values = missing === "SHOW_AS_ZERO" ? s.values.map((v) => v ?? 0) : s.values;
      return { type: "line", name: s.name, connectNulls: missing === "INTERPOLATE", yAxisIndex: right ? 1 : 0, symbolSize: 4, showSymbol: true,
        stack: chart.Fill === "STACKED_AREA" ? "areas" : undefined, areaStyle: area ? { opacity: 0.4 } : undefined,
        data: values.map((v, i) => ({ value: v, fields: fieldsOf(chart, table.categories[i], s.colour) })) };
    });
    const yAxis = [valueAxis(valueName(data, list(chart.Values)))];
    if (list(chart.Right).length > 0) yAxis.push(valueAxis(valueName(data, chart.Right), { splitLine: { show: false } }));
    return { ...frame, xAxis: axis(table.name, { type: "category", boundaryGap: !area, data: table.labels }), yAxis, series };
  },
  Pie({ data, mask, chart, note }) {
    const category = first(chart.Category), column = columnOf(data, category[0].Column);
    if (chart.Values.length > 1) note("a pie shows its first measure");
    const measure = chart.Values[0], groups = group(data, category, [measure], mask).filter((g) => g.values[0] !== null);
    if (list(chart.Sort).length > 0) sorted(groups, chart, category, [measure]);
    else groups.sort((a, b) => b.values[0] - a.values[0]);
    const slices = limited(groups, chart.Limit || most.slices, "slices", note);
    const slice = (g) => ({ name: text(g.keys[0], column, category[0].By), value: g.values[0], fields: fieldsOf(chart, g.keys[0]) });
    return { ...frame, tooltip: { trigger: "item", valueFormatter: (v) => text(v) }, legend: { type: "scroll", orient: "vertical", right: 8, top: "middle" },
      series: [{ type: "pie", name: named(data, measure), radius: "68%", center: ["42%", "52%"], label: { formatter: "{b} {d}%" }, data: slices.map(slice) }] };
  },
  FilledMap({ data, mask, chart, note }) {
    const [dimension] = chart.Place, measure = list(chart.Values)[0] ?? { Column: dimension.Column, Aggregate: "COUNT" };
    const found = new Map(), lost = [], again = [];
    for (const g of group(data, [dimension], [measure], mask)) {
      const spelt = text(g.keys[0], columnOf(data, dimension.Column)), name = place(spelt);
      if (name === undefined) lost.push(spelt);
      else if (found.has(name)) again.push(spelt);
      else found.set(name, { name, spelt, value: g.values[0], fields: { [dimension.ID || dimension.Column]: g.keys[0] } });
    }
    const listed = (texts) => `${texts.slice(0, most.listed).join(", ")}${texts.length > most.listed ? ` and ${texts.length - most.listed} more` : ""}`;
    if (lost.length > 0) note(`not found on the map: ${listed(lost)}`);
    if (again.length > 0) note(`another spelling of a place that is drawn already: ${listed(again)}`);
    const values = [...found.values()].map((p) => p.value).filter((v) => v !== null);
    return { animation: false, tooltip: { trigger: "item", formatter: ({ data: p }) => (p ? echarts.format.encodeHTML(`${p.spelt}: ${measured(data, measure, p.value)}`) : "") },
      visualMap: { ...range(values), left: 4, bottom: 4, itemWidth: 12, itemHeight: 80, calculable: true, formatter: (v) => short.format(v), inRange: { color: ["#cfe3f7", "#08519c"] } },
      series: [{ type: "map", name: named(data, measure), data: [...found.values()], map: world(), projection: projection(), boundingCoords: [[-180, 84], [180, -57]],
        preserveAspect: true, left: 60, right: 4, top: 4, bottom: 4, roam: true, selectedMode: false, itemStyle: { areaColor: "#eceff1", borderColor: "#b0bec5", borderWidth: 0.5 } }] };
  },
  Histogram({ data, mask, chart }) {
    const column = columnOf(data, chart.Column), rows = column.values;
    let least = Infinity, greatest = -Infinity, n = 0;
    for (let i = 0; i < data.rows; i++) if (mask[i] && !Number.isNaN(rows[i])) { least = Math.min(least, rows[i]); greatest = Math.max(greatest, rows[i]); n++; }
    if (n === 0) return { ...frame, xAxis: axis(chart.Column, { type: "category", data: [] }), yAxis: valueAxis("Count"), series: [] };
    const start = chart.Width ? Math.floor(least / chart.Width) * chart.Width : least;
    const width = chart.Width || (greatest - least) / (chart.Bins || Math.ceil(Math.log2(n)) + 1) || 1; // Sturges, where the service chooses
    const counts = new Array(Math.max(1, chart.Width ? Math.floor((greatest - start) / width) + 1 : Math.round((greatest - start) / width))).fill(0);
    for (let i = 0; i < data.rows; i++) if (mask[i] && !Number.isNaN(rows[i])) counts[Math.min(counts.length - 1, Math.floor((rows[i] - start) / width))]++;
    const labels = counts.map((_, i) => `${short.format(start + i * width)} to ${short.format(start + (i + 1) * width)}`);
    return { ...frame, legend: undefined, xAxis: axis(chart.Column, { type: "category", data: labels }), yAxis: valueAxis("Count"), series: [{ type: "bar", name: "Count", barCategoryGap: "2%", data: counts }] };
  },
  KPI({ data, mask, chart, element }) {
    const measures = [...chart.Values.slice(0, 1), ...first(chart.Targets)], trend = first(chart.Trend);
    const groups = sorted(group(data, trend, measures, mask), {}, trend, []).filter((g) => g.values[0] !== null);
    const now = groups[groups.length - 1]?.values ?? [null], other = trend.length > 0 ? groups[groups.length - 2]?.values[0] : now[1];
    element.append(make("div", "number", text(now[0])), make("div", "name", named(data, measures[0])));
    if (other) element.append(make("div", "change", `${numbers.format(((now[0] - other) / Math.abs(other)) * 100)} % against ${trend.length > 0 ? "the period before" : "the target"} (${text(other)})`));
    if (trend.length === 0) return undefined;
    const column = columnOf(data, trend[0].Column);
    return { animation: false, grid: { left: 4, right: 4, top: "64%", bottom: 4 }, tooltip: { trigger: "axis", valueFormatter: (v) => text(v) },
      xAxis: { type: "category", show: false, data: groups.map((g) => text(g.keys[0], column, trend[0].By)) }, yAxis: { type: "value", show: false, scale: true },
      series: [{ type: "line", name: named(data, measures[0]), data: groups.map((g) => g.values[0]) }] };
  },
  Table(box) {
    const { data, mask, chart, element, note } = box, groupBy = list(chart.GroupBy), values = list(chart.Values);
    if (list(chart.Rows).length === 0) {
      const groups = limited(sorted(group(data, groupBy, values, mask), chart, groupBy, values), shownRows, "rows", note);
      const columns = groupBy.map((d) => columnOf(data, d.Column));
      const cells = groups.map((g) => [...g.keys.map((k, i) => text(k, columns[i], groupBy[i].By)), ...g.values.map((v, i) => measured(data, values[i], v))]);
      element.append(grid([...groupBy.map((d) => d.Column), ...values.map((m) => named(data, m))], cells, groupBy.length));
      return;
    }
    const columns = chart.Rows.map((name) => columnOf(data, name)), cells = [];
    let rows = 0;
    for (let i = 0; i < data.rows; i++) if (mask[i] && rows++ < shownRows) cells.push(columns.map((c) => text(value(c, i), c)));
    if (rows > shownRows) note(`${shownRows} of ${numbers.format(rows)} rows are shown`);
    element.append(grid(chart.Rows, cells, chart.Rows.length));
  },
  PivotTable({ data, mask, chart, element, note }) {
    const rows = list(chart.Rows), columns = list(chart.Columns), values = list(chart.Values), all = [...rows, ...columns];
    const label = (keys, dimensions) => keys.map((k, i) => text(k, columnOf(data, dimensions[i].Column), dimensions[i].By));
    const cells = new Map(), left = new Map(), top = new Map();
    for (const g of sorted(group(data, all, values, mask), {}, all, [])) {
      const r = label(g.keys.slice(0, rows.length), rows), c = label(g.keys.slice(rows.length), columns);
      left.set(r.join("\u0000"), r);
      top.set(c.join("\u0000"), { label: c, keys: g.keys.slice(rows.length) });
      cells.set(`${r.join("\u0000")}\u0001${c.join("\u0000")}`, g.values);
    }
    const across = sorted([...top].map(([key, c]) => ({ key, ...c })), {}, columns, []);
    const head = [...rows.map((d) => d.Column), ...across.flatMap((c) => values.map((m) => [...c.label, ...(values.length > 1 || columns.length === 0 ? [named(data, m)] : [])].join(" · ")))];
    const lines = limited([...left], shownRows, "rows", note);
    element.append(grid(head, lines.map(([key, r]) => [...r, ...across.flatMap((c) => values.map((m, i) => measured(data, m, cells.get(`${key}\u0001${c.key}`)?.[i], "")))]), rows.length));
  },
  Other({ visual, note }) {
    note(`the preview does not draw a ${visual.chart.Kind}`);
  },
};

// measured is a measure's value: the earliest or latest of dates is a date.
function measured(data, measure, v, nothing = "null") {
  if (v === null || v === undefined) return nothing;
  return text(v, measure.Column && /^M(IN|AX)$/.test(measure.Aggregate) ? columnOf(data, measure.Column) : undefined);
}

function make(tag, name, content) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (content !== undefined) element.textContent = content;
  return element;
}

// grid is an HTML table; columns from the given one on hold numbers.
function grid(head, rows, firstNumber) {
  const table = make("table"), line = (cells, tag) => {
    const tr = make("tr");
    tr.append(...cells.map((c, i) => make(tag, i >= firstNumber ? "figure" : "", c)));
    return tr;
  };
  const top = make("thead"), body = make("tbody");
  top.append(line(head, "th"));
  body.append(...rows.map((r) => line(r, "td")));
  table.append(top, body);
  return table;
}
