"use strict";
// Calculations. internal/preview/expression.go has parsed them; here they are computed over rows and groups.
// A node is {number}, {text}, {column}, {parameter} or {call, of: [nodes]}.

const logic = (v) => v === true || v === 1;
const whenBoth = (f) => (a, b) => (a === null || b === null || a === undefined || b === undefined ? null : f(a, b));
const whenSome = (f) => (v, ...more) => (v === null || v === undefined ? null : f(v, ...more));
const periods = { YYYY: "YEAR", Q: "QUARTER", MM: "MONTH", WK: "WEEK", DD: "DAY", HH: "HOUR", MI: "MINUTE", SS: "SECOND" };

const functions = {
  "+": whenBoth((a, b) => (typeof a === "string" || typeof b === "string" ? String(a) + b : a + b)),
  "-": whenBoth((a, b) => a - b), "*": whenBoth((a, b) => a * b), "%": whenBoth((a, b) => a % b), "^": whenBoth((a, b) => a ** b),
  "/": whenBoth((a, b) => (b === 0 ? null : a / b)),
  "=": whenBoth((a, b) => a === b), "<>": whenBoth((a, b) => a !== b), "<": whenBoth((a, b) => a < b), "<=": whenBoth((a, b) => a <= b), ">": whenBoth((a, b) => a > b), ">=": whenBoth((a, b) => a >= b),
  and: (a, b) => logic(a) && logic(b), or: (a, b) => logic(a) || logic(b), not: (a) => !logic(a), in: (v, ...list) => list.flat().includes(v),
  ifelse: (...list) => {
    for (let i = 0; i + 1 < list.length; i += 2) if (logic(list[i])) return list[i + 1];
    return list.length % 2 ? list[list.length - 1] : null;
  },
  isnull: (v) => v === null, isnotnull: (v) => v !== null, coalesce: (...list) => list.find((v) => v !== null) ?? null, nullif: (a, b) => (a === b ? null : a),
  abs: whenSome(Math.abs), ceil: whenSome(Math.ceil), floor: whenSome(Math.floor), sqrt: whenSome(Math.sqrt), exp: whenSome(Math.exp), ln: whenSome(Math.log), log: whenSome(Math.log10),
  round: whenSome((v, n = 0) => Math.round(v * 10 ** n) / 10 ** n),
  concat: (...list) => list.map((v) => v ?? "").join(""), tolower: whenSome((s) => s.toLowerCase()), toupper: whenSome((s) => s.toUpperCase()), trim: whenSome((s) => s.trim()),
  strlen: whenSome((s) => s.length), left: whenSome((s, n) => s.slice(0, n)), right: whenSome((s, n) => s.slice(Math.max(0, s.length - n))), substring: whenSome((s, from, n) => s.slice(from - 1, from - 1 + n)),
  replace: whenSome((s, a, b) => s.replaceAll(a, b)), contains: whenSome((s, o) => s.includes(o)), startswith: whenSome((s, o) => s.startsWith(o)), endswith: whenSome((s, o) => s.endsWith(o)),
  tostring: whenSome(String), parseint: whenSome((v) => Math.trunc(Number(v))), parsedecimal: whenSome(Number), decimaltoint: whenSome(Math.trunc), inttodecimal: whenSome(Number),
  now: () => Date.now(), truncdate: whenSome((by, v) => (v === null ? null : roundDown(v, periods[by]))),
  adddatetime: (n, by, v) => (n === null || v === null ? null : later(v, periods[by], n)),
  extract: whenSome((part, v) => (v === null ? null : { YYYY: (d) => d.getUTCFullYear(), Q: (d) => Math.floor(d.getUTCMonth() / 3) + 1, MM: (d) => d.getUTCMonth() + 1, DD: (d) => d.getUTCDate(),
    WD: (d) => d.getUTCDay() + 1, HH: (d) => d.getUTCHours(), MI: (d) => d.getUTCMinutes(), SS: (d) => d.getUTCSeconds() }[part](new Date(v)))),
};

const aggregates = { sum: "SUM", avg: "AVERAGE", min: "MIN", max: "MAX", count: "COUNT", distinct_count: "DISTINCT_COUNT", median: "MEDIAN", stdev: "STDEV", stdevp: "STDEVP", var: "VAR", varp: "VARP" };

// compileRow is a function from a row's number to the value there.
function compileRow(data, node) {
  if ("column" in node) {
    const column = columnOf(data, node.column);
    return (i) => value(column, i);
  }
  return compile(node, (inner) => compileRow(data, inner));
}

// compile does what is the same for rows and for groups.
function compile(node, inner) {
  if ("number" in node) return () => node.number;
  if ("text" in node) return () => node.text;
  if ("parameter" in node) {
    const values = parameter(node.parameter);
    return () => (values.length > 1 ? values : (values[0] ?? null));
  }
  const of = list(node.of).map(inner), f = functions[node.call.toLowerCase()];
  return (i) => f(...of.map((arg) => arg(i)));
}

// compileGroups is the value of each group: aggregates over its rows, and what is computed of them.
function compileGroups(data, node, of, groups) {
  const build = (n) => {
    const how = aggregates[n.call?.toLowerCase()];
    if (!how) return compile(n, build);
    const arg = n.of[0], row = compileRow(data, arg);
    const column = "column" in arg ? columnOf(data, arg.column) : fill("", "DECIMAL", Array.from({ length: data.rows }, (_, i) => row(i)));
    const values = reduce(column, how, of, groups);
    return (g) => values[g];
  };
  const compute = build(node);
  return Array.from({ length: groups }, (_, g) => compute(g));
}
