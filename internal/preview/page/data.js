"use strict";
// The rows, column by column. Each data set has a script of its own that calls lakekeel.add: scripts,
// because a browser reads no other file beside a page that was opened from disk.

const lakekeel = { datasets: new Map(), waiting: [] };

// add takes a data set as internal/preview/columns.go packs it.
lakekeel.add = (name, packed) => lakekeel.waiting.push(unpack(packed).then((data) => lakekeel.datasets.set(name, data)));

async function unpack({ rows, columns }) {
  const data = { rows, columns: new Map(), codes: new Map() };
  for (const { name, type, values, dictionary } of columns) {
    const buffer = await inflate(values);
    data.columns.set(name, { name, type, dictionary, values: dictionary ? new Uint32Array(buffer) : new Float64Array(buffer) });
  }
  return data;
}

async function inflate(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

// columnOf is a column of rows, or of a calculation that is done here because it may depend on parameters.
function columnOf(data, name) {
  const column = data.columns.get(name);
  if (column) return column;
  const calculated = lakekeel.calculated.find((c) => c.data === data && c.name === name);
  if (!calculated) throw new Error(`there is no column ${name} in the rows`);
  return cached(data.codes, `calculated/${name}/${parameterKey()}`, () => {
    const compute = compileRow(data, calculated.expression);
    return fill(name, calculated.type, Array.from({ length: data.rows }, (_, i) => compute(i)));
  });
}

// fill is a column of plain values.
function fill(name, type, list) {
  if (type !== "STRING" && type !== "BOOLEAN") return { name, type, values: Float64Array.from(list, (v) => (v === null ? NaN : Number(v))) };
  const dictionary = [null], places = new Map();
  const values = Uint32Array.from(list, (v) => (v === null ? 0 : cached(places, String(v), () => dictionary.push(String(v)) - 1)));
  return { name, type, dictionary, values };
}

function cached(map, key, make) {
  if (!map.has(key)) map.set(key, make());
  return map.get(key);
}

// value is what stands in a row: text, a number, milliseconds since 1970, or null.
function value(column, row) {
  const v = column.values[row];
  if (column.dictionary) return column.dictionary[v];
  return Number.isNaN(v) ? null : v;
}

// coded is a dimension as small whole numbers, one a row, and what they stand for.
function coded(data, { Column, By }) {
  const column = columnOf(data, Column);
  if (column.dictionary) return { codes: column.values, names: column.dictionary };
  const by = column.type === "DATETIME" ? By || "DAY" : "";
  return cached(data.codes, `${Column}/${by}/${parameterKey()}`, () => {
    const names = [null], places = new Map(), codes = new Uint32Array(data.rows);
    for (let i = 0; i < data.rows; i++) {
      const v = column.values[i];
      if (Number.isNaN(v)) continue;
      const down = by ? roundDown(v, by) : v;
      let code = places.get(down);
      if (code === undefined) places.set(down, (code = names.push(down) - 1));
      codes[i] = code;
    }
    return { codes, names };
  });
}

const lengths = { SECOND: 1e3, MINUTE: 6e4, HOUR: 36e5, DAY: 864e5 };

// roundDown is the beginning of the period that a moment lies in; weeks begin on Sunday, as QuickSight's do.
function roundDown(ms, by) {
  if (lengths[by]) return Math.floor(ms / lengths[by]) * lengths[by];
  const d = new Date(ms), year = d.getUTCFullYear(), month = d.getUTCMonth();
  switch (by) {
    case "WEEK": return Math.floor(ms / 864e5) * 864e5 - d.getUTCDay() * 864e5;
    case "MONTH": return Date.UTC(year, month, 1);
    case "QUARTER": return Date.UTC(year, month - (month % 3), 1);
  }
  return Date.UTC(year, 0, 1);
}

// later is the moment so many periods later.
function later(ms, by, n) {
  if (lengths[by]) return ms + n * lengths[by];
  if (by === "WEEK") return ms + n * 7 * 864e5;
  const d = new Date(ms);
  d.setUTCMonth(d.getUTCMonth() + n * { MONTH: 1, QUARTER: 3, YEAR: 12 }[by]);
  return d.getTime();
}
