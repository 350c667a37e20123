"use strict";
// From rows to what a visual shows: filters, groups, aggregates.

// wanted says, a byte a row, which rows the filters let through to a visual. Visuals with the same filters share it.
function wanted(data, sheet, visual) {
  const filters = filtersOf(data, sheet, visual);
  const key = `mask/${parameterKey()}/${JSON.stringify(filters.map((f) => [f.ID, f.state]))}`;
  return cached(data.codes, key, () => {
    const mask = new Uint8Array(data.rows).fill(1);
    for (const last of [false, true]) for (const f of filters) if ((f.kind === "Top") === last) tests[f.kind](data, f, mask);
    return mask;
  });
}

// filtersOf are the filters that work on a visual.
function filtersOf(data, sheet, visual) {
  return lakekeel.model.filters.filter((f) => {
    const scope = f.On === null || f.On.some((s) => s.Sheet === sheet.ID && (s.Visuals === null || s.Visuals.includes(visual.ID)));
    const here = lakekeel.datasets.get(f.Dataset) === data || (f.AllDatasets && data.columns.has(f.Column));
    return scope && here && (!f.Off || f.touched) && tests[f.kind];
  });
}

const tests = {
  OneOf(data, f, mask) {
    const { Values, Not } = f.state;
    if (Values === null || Values.length === 0) return;
    const chosen = new Set(Values);
    keep(data, f, mask, (v) => chosen.has(v === null ? "" : String(v)) !== Not);
  },
  Compare(data, f, mask) {
    const others = f.state.Parameter ? parameter(f.state.Parameter).map(String) : [f.state.Value];
    const how = f.state.How || "EQUALS";
    if (others.length === 0) return;
    const test = { EQUALS: (v, o) => v === o, DOES_NOT_EQUAL: (v, o) => v === o, CONTAINS: (v, o) => v.includes(o), DOES_NOT_CONTAIN: (v, o) => v.includes(o),
      STARTS_WITH: (v, o) => v.startsWith(o), ENDS_WITH: (v, o) => v.endsWith(o) }[how];
    keep(data, f, mask, (v) => v !== null && others.some((o) => test(String(v), o)) !== how.startsWith("DOES_NOT"));
  },
  Range(data, f, mask) {
    const { Least, Most, LeastParameter, MostParameter } = f.state;
    const least = LeastParameter ? one(LeastParameter) : Least, most = MostParameter ? one(MostParameter) : Most;
    keep(data, f, mask, (v) => v !== null && (least === null || v >= Number(least)) && (most === null || v <= Number(most)));
  },
  Between(data, f, mask) {
    const from = end(f.state.From, f.state.FromParameter), until = end(f.state.Until, f.state.UntilParameter);
    keep(data, f, mask, (v) => v !== null && (from === null || v >= from) && (until === null || v < until));
  },
  Recent(data, f, mask) {
    const until = later(roundDown(Date.now(), f.state.Unit), f.state.Unit, 1), from = later(until, f.state.Unit, -f.state.Last);
    keep(data, f, mask, (v) => v !== null && v >= from && v < until);
  },
  Top(data, f, mask) {
    const groups = group(data, [{ Column: f.Column }], [f.state.By], mask);
    groups.sort((a, b) => (b.values[0] - a.values[0]) * (f.state.Bottom ? -1 : 1));
    const best = new Set(groups.slice(0, f.state.Limit).map((g) => g.keys[0]));
    keep(data, f, mask, (v) => best.has(v));
  },
};

function one(name) {
  const [v = null] = parameter(name);
  return v;
}

// end is a moment in milliseconds, or null. Go's zero time means none.
function end(text, name) {
  const v = name ? one(name) : text;
  if (v === null || v === "" || String(v).startsWith("0001-")) return null;
  return typeof v === "number" ? v : Date.parse(v);
}

// keep takes the rows out of the mask whose value fails; a value of a dictionary is tested once.
function keep(data, f, mask, test) {
  const column = columnOf(data, f.Column);
  if (column.dictionary) {
    const passes = column.dictionary.map(test);
    for (let i = 0; i < data.rows; i++) if (!passes[column.values[i]]) mask[i] = 0;
    return;
  }
  for (let i = 0; i < data.rows; i++) if (mask[i] && !test(value(column, i))) mask[i] = 0;
}

// group is one {keys, values} for each group of rows, in the order in which the groups first appear.
function group(data, dimensions, measures, mask) {
  const parts = dimensions.map((d) => coded(data, d));
  const { of, firsts } = places(data, parts, mask);
  const columns = measures.map((m) => aggregate(data, m, of, firsts.length));
  return firsts.map((row, g) => ({ keys: parts.map((p) => p.names[p.codes[row]]), values: columns.map((c) => c[g]) }));
}

// places gives each row the number of its group, -1 for rows that are filtered out, and each group its first row.
function places(data, parts, mask) {
  const size = parts.reduce((n, p) => n * p.names.length, 1);
  const seen = size <= 4e6 ? new Int32Array(size) : new Map();
  const of = new Int32Array(data.rows).fill(-1), firsts = [];
  for (let i = 0; i < data.rows; i++) {
    if (!mask[i]) continue;
    let key = 0;
    for (const p of parts) key = key * p.names.length + p.codes[i];
    let g = seen instanceof Map ? seen.get(key) : seen[key];
    if (!g) {
      g = firsts.push(i);
      if (seen instanceof Map) seen.set(key, g);
      else seen[key] = g;
    }
    of[i] = g - 1;
  }
  return { of, firsts };
}

// aggregateOf is a measure's aggregate with its default.
function aggregateOf(column, measure) {
  return measure.Aggregate || (column.dictionary || column.type === "DATETIME" ? "COUNT" : "SUM");
}

// aggregate is a measure of each group; null where the group has no value.
function aggregate(data, measure, of, groups) {
  if (measure.expression) return compileGroups(data, measure.expression, of, groups);
  const column = columnOf(data, measure.Column);
  return reduce(column, aggregateOf(column, measure), of, groups);
}

function reduce(column, how, of, groups) {
  const empty = (i) => (column.dictionary ? column.values[i] === 0 : Number.isNaN(column.values[i]));
  const each = (take) => {
    for (let i = 0; i < of.length; i++) if (of[i] >= 0 && !empty(i)) take(of[i], column.values[i]);
  };
  const counts = new Float64Array(groups), result = new Float64Array(groups);
  switch (how) {
    case "COUNT":
      each((g) => counts[g]++);
      return Array.from(counts);
    case "DISTINCT_COUNT": {
      const sets = Array.from({ length: groups }, () => new Set());
      each((g, v) => sets[g].add(v));
      return sets.map((s) => s.size);
    }
    case "MIN":
    case "MAX": {
      const sign = how === "MIN" ? 1 : -1;
      each((g, v) => { if (!counts[g]++ || (v - result[g]) * sign < 0) result[g] = v; });
      break;
    }
    case "MEDIAN": {
      const lists = Array.from({ length: groups }, () => []);
      each((g, v) => { counts[g]++; lists[g].push(v); });
      lists.forEach((l, g) => { l.sort((a, b) => a - b); result[g] = (l[(l.length - 1) >> 1] + l[l.length >> 1]) / 2; });
      break;
    }
    default: { // SUM, AVERAGE and the deviations, by Welford's running mean
      const means = new Float64Array(groups), squares = new Float64Array(groups);
      each((g, v) => {
        const before = v - means[g];
        result[g] += v;
        means[g] += before / ++counts[g];
        squares[g] += before * (v - means[g]);
      });
      if (how === "SUM") break;
      return Array.from(counts, (n, g) => {
        const variance = squares[g] / (how.endsWith("P") ? n : n - 1);
        const v = how === "AVERAGE" ? result[g] / n : how.startsWith("VAR") ? variance : Math.sqrt(variance);
        return Number.isFinite(v) ? v : null;
      });
    }
  }
  return Array.from(result, (v, g) => (counts[g] ? v : null));
}
