"use strict";
// The page: tabs, controls, and visuals at their place on the grid of 36 columns.

const rowHeight = 32; // pixels; a row of the service's grid is as high at its usual width

lakekeel.charts = new Map(); // ECharts instances by visual id

// parameter is the values of a parameter.
const parameter = (name) => lakekeel.parameters.get(name) ?? [];
const parameterKey = () => JSON.stringify([...lakekeel.parameters]);

function defaults({ Type, Defaults, rolling }) {
  if (rolling) return [compile(rolling, (n) => compileRow({}, n))(0)];
  return list(Defaults).map((v) => (Type === "INTEGER" || Type === "DECIMAL" ? Number(v) : Type === "DATETIME" ? Date.parse(v) : v));
}

async function begin(model) {
  lakekeel.model = model;
  await Promise.all(lakekeel.waiting);
  lakekeel.calculated = model.calculated.map((c) => ({ ...c, data: lakekeel.datasets.get(c.Dataset), name: c.Name, type: c.Type }));
  lakekeel.parameters = new Map();
  for (const p of model.parameters) lakekeel.parameters.set(p.Name, defaults(p));
  for (const f of model.filters) f.state = { ...f.Match };
  const tabs = document.getElementById("tabs");
  for (const sheet of model.sheets) {
    const tab = make("button", "tab", sheet.Name);
    tab.dataset.sheet = sheet.ID;
    tab.onclick = () => show(sheet.ID);
    tabs.append(tab);
  }
  show(location.hash.slice(1) || model.sheets[0].ID);
  window.addEventListener("resize", () => lakekeel.charts.forEach((c) => c.resize()));
}

// show opens a sheet.
function show(id) {
  const sheet = lakekeel.model.sheets.find((s) => s.ID === id) ?? lakekeel.model.sheets[0];
  lakekeel.sheet = sheet;
  for (const tab of document.querySelectorAll(".tab")) tab.setAttribute("aria-selected", tab.dataset.sheet === sheet.ID);
  document.getElementById("title").textContent = sheet.Title;
  document.getElementById("description").textContent = sheet.Description;
  document.getElementById("controls").replaceChildren(...list(sheet.controls).map(control));
  redraw();
}

// redraw draws the open sheet anew, after a change of a control too.
function redraw() {
  const began = performance.now();
  const { sheet } = lakekeel;
  lakekeel.charts.forEach((c) => c.dispose());
  lakekeel.charts.clear();
  const boxes = document.getElementById("sheet");
  boxes.replaceChildren(...sheet.visuals.map((v) => placed("visual", v)), ...list(sheet.texts).map((t) => placed("words", t)));
  for (const visual of sheet.visuals) {
    const element = document.getElementById(`visual-${visual.ID}`);
    try {
      drawVisual(sheet, visual, element);
    } catch (error) {
      element.append(make("p", "note", `cannot be drawn: ${error.message}`));
    }
  }
  lakekeel.took = performance.now() - began; // milliseconds
  document.body.dataset.drawn = Number(document.body.dataset.drawn || 0) + 1;
}

function placed(kind, { ID, at, content }) {
  const element = make("section", kind, content);
  element.id = `${kind}-${ID}`;
  element.style.gridColumn = `${at.Column + 1} / span ${at.Width}`;
  element.style.gridRow = `${at.Row + 1} / span ${at.Height}`;
  element.style.minHeight = `${at.Height * rowHeight - 8}px`;
  return element;
}

function drawVisual(sheet, visual, element) {
  const data = lakekeel.datasets.get(visual.Dataset), { chart } = visual;
  element.append(make("h2", "", visual.Title || visual.kind));
  if (visual.Subtitle) element.append(make("h3", "", visual.Subtitle));
  const body = make("div", `body ${visual.kind}`), notes = [];
  element.append(body);
  const mask = wanted(data, sheet, visual);
  const option = draw[visual.kind]({ visual, data, chart, mask, element: body, note: (t) => notes.push(t) });
  if (list(chart.SmallMultiples).length > 0) notes.push("small multiples are drawn as one chart");
  if (!mask.includes(1)) notes.push("no rows after the filters");
  for (const t of notes) element.append(make("p", "note", t));
  if (!option) return;
  const area = body.childElementCount > 0 ? body.appendChild(make("div", "under")) : body;
  const instance = echarts.init(area, null, { renderer: "svg" });
  instance.setOption(option);
  instance.on("click", (point) => follow(visual, point.data?.fields));
  lakekeel.charts.set(visual.ID, instance);
}

// follow does what a click on a point is linked to.
function follow(visual, fields) {
  const [link] = list(visual.Links);
  if (!link || !fields) return;
  for (const { Parameter, Field } of list(link.Set)) if (fields[Field] !== undefined) lakekeel.parameters.set(Parameter, [fields[Field]]);
  show(link.Sheet);
}

// control is what a reader changes a filter or a parameter with.
function control(c) {
  const label = make("label", "control"), filter = lakekeel.model.filters.find((f) => f.ID === c.Filter);
  label.id = `control-${c.ID}`;
  label.append(make("span", "", c.Title), ...(filter ? filterInputs(c, filter) : parameterInputs(c)));
  return label;
}

function filterInputs(c, filter) {
  const set = (key, read = (v) => v) => (v) => {
    filter.state[key] = read(v);
    filter.touched = true;
    redraw();
  };
  const number = (v) => (v === "" ? null : Number(v)), { state } = filter;
  switch (filter.kind) {
    case "OneOf": return [choices(c, distinct(filter), list(state.Values), set("Values"))];
    case "Compare": return [input("text", state.Value, set("Value"))];
    case "Range": return [input("number", state.Least, set("Least", number)), input("number", state.Most, set("Most", number))];
    case "Between": return [input("date", day(end(state.From)), set("From")), input("date", day(end(state.Until)), set("Until"))];
    case "Recent": return [input("number", state.Last, set("Last", Number)), make("span", "", state.Unit.toLowerCase() + "s")];
    case "Top": return [input("number", state.Limit, set("Limit", Number))];
  }
  return [make("span", "note", "not in the preview")];
}

function parameterInputs(c) {
  const { Name, Type } = lakekeel.model.parameters.find((p) => p.Name === c.Parameter), values = parameter(Name);
  const number = Type === "INTEGER" || Type === "DECIMAL";
  const set = (v) => {
    const read = (s) => (number ? Number(s) : Type === "DATETIME" ? Date.parse(s) : s);
    lakekeel.parameters.set(Name, Array.isArray(v) ? v.map(read) : v === "" ? [] : [read(v)]);
    redraw();
  };
  if (c.Kind === "Slider") return [Object.assign(input("range", values[0], set), { min: c.Least, max: c.Most, step: c.By, value: values[0] ?? c.Least })];
  if (c.Kind === "Dropdown" || c.Kind === "List") return [choices(c, list(c.Values).length > 0 ? c.Values : distinct(c), values.map(String), set)];
  return [Type === "DATETIME" ? input("date", day(values[0]), set) : input(number ? "number" : "text", values[0], set)];
}

const day = (ms) => (ms === null || ms === undefined ? "" : date(ms));

// distinct are the values of a column, as text.
function distinct({ Dataset, Column }) {
  const { names } = coded(lakekeel.datasets.get(Dataset), { Column });
  return names.filter((v) => v !== null).map(String).sort();
}

function input(type, start, set) {
  const element = Object.assign(make("input"), { type, value: start ?? "" });
  element.onchange = () => set(element.value);
  return element;
}

// choices is a list to choose from; nothing chosen means all.
function choices(c, values, chosen, set) {
  const element = Object.assign(make("select"), { multiple: !c.Single, size: c.Single ? 1 : Math.min(4, values.length) });
  if (c.Single) element.append(Object.assign(make("option", "", "(all)"), { value: "" }));
  for (const v of values) element.append(Object.assign(make("option", "", v), { value: v, selected: chosen.includes(v) }));
  element.onchange = () => set([...element.selectedOptions].map((o) => o.value).filter((v) => v !== ""));
  return element;
}
