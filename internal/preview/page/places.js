"use strict";
// Countries of filled maps: their outlines, and the spellings by which a place of the rows is found.
// Outlines have the country's number (ISO 3166-1) for an id, and a name; a few that have no number are known by name.

// plain is a spelling without what spellings differ in: case, accents, a leading article, all but letters and digits.
const plain = (name) => name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/^the /, "").replace(/&/g, "and").replace(/[^\p{L}\p{N}]/gu, "");

// spellings has, by its plain form, each spelling of a country that has an outline, and the outline's name.
let spellings;

// world is the map's name in ECharts. Its outlines are named by number, so that a name in the rows is never taken for one by chance.
function world() {
  if (spellings) return "world";
  const { topology, codes, names } = lakekeel.outlines, outlines = topojson.feature(topology, topology.objects.countries);
  const numbers = new Map(), shared = new Set();
  for (const [two, three, number] of codes) {
    for (const spelling of new Set([two, three, ...[names.countries[two] ?? []].flat()].map(plain))) {
      if (numbers.has(spelling)) shared.add(spelling); // of two countries, such as Congo
      numbers.set(spelling, number);
    }
  }
  spellings = new Map();
  for (const { id, properties } of outlines.features) {
    const own = plain(properties.name);
    properties.name = id ?? numbers.get(own) ?? own;
    spellings.set(own, properties.name);
  }
  const drawn = new Set(spellings.values());
  for (const [spelling, number] of numbers) if (drawn.has(number) && !shared.has(spelling)) spellings.set(spelling, number);
  echarts.registerMap("world", outlines);
  return "world";
}

// projection is Natural Earth's; d3-geo cuts outlines at the 180th meridian, over which Russia goes.
function projection() {
  const natural = d3.geoNaturalEarth1();
  return { project: natural, unproject: natural.invert, stream: natural.stream };
}

// place is the name of the outline of a country that is spelt so, or undefined.
const place = (spelt) => world() && spellings.get(plain(spelt));
