// Where everything of a view lies: which events are rows, which processes are lanes, and their
// places. Time runs down, one row for each event; time in which nothing happens is cut short.

const GUTTER = 118;
const NARROWEST_LANE = 112;
const NARROWEST_INITIATOR = 60; // it has no disk, and little happens in it
const LANE_LINE = 0.32; // where in its lane a process runs
const TOP = 26;
const GAP_MICROS = 20_000;
const GAP_HEIGHT = 30;

// Events that concern a transaction even if they do not name it: what befalls its processes.
const LIFE = new Set(['crash', 'start', 'refuse', 'halt', 'operator', 'fault']);
const MINOR = new Set(['network', 'write', 'sync', 'notice']);
const WORLD = new Set(['violation', 'heal']);

// view: { transaction: number or -1, everything: boolean, rowHeight, width }
function rowsOfAll(model, view) {
  if (view.everything) return model.events;
  return model.events.filter((event) => !MINOR.has(event.kind)
    && (event.message === NOTHING_SENT || event.about.length > 0));
}

function rowsOfTransaction(model, transaction) {
  const own = model.events.filter((event) => event.about.includes(transaction));
  if (own.length === 0) return own;
  const lanes = new Set(own.flatMap((event) => [event.lane, event.peer]));
  const first = own[0].index;
  const last = own[own.length - 1].index;
  return model.events.filter((event) => event.about.includes(transaction) || WORLD.has(event.kind)
    || (event.index >= first && event.index <= last && LIFE.has(event.kind) && lanes.has(event.lane)));
}

function lanesOf(model, view, rows) {
  const used = new Set();
  for (const event of rows) {
    const isOwn = view.transaction < 0 || event.about.includes(view.transaction) || LIFE.has(event.kind);
    if (!isOwn) continue;
    used.add(event.lane);
    if (event.message !== NOTHING_SENT) used.add(event.peer);
  }
  const lanes = model.lanes.filter((lane) => used.has(lane.number));
  return lanes.length > 0 ? lanes : model.lanes;
}

// A world begins with the starts of all its processes: they share a row.
function startTogether(a, b) {
  return a.kind === 'start' && b.kind === 'start' && a.at === b.at && a.lane !== b.lane;
}

function placeRows(rows, rowHeight) {
  const ys = new Float64Array(rows.length);
  const gaps = [];
  let y = TOP;
  rows.forEach((event, row) => {
    const before = rows[row - 1];
    if (before && startTogether(before, event)) {
      ys[row] = ys[row - 1];
      return;
    }
    const idle = before ? event.at - before.at : 0;
    if (idle >= GAP_MICROS) {
      gaps.push({ y: y + GAP_HEIGHT / 2 - rowHeight / 2, idle });
      y += GAP_HEIGHT;
    }
    ys[row] = y;
    y += rowHeight;
  });
  return { ys, gaps, height: y + TOP };
}

function placeLanes(lanes, width) {
  const least = lanes.map((lane) => (lane.kind === 'initiator' ? NARROWEST_INITIATOR : NARROWEST_LANE));
  const spare = Math.max(0, (width - GUTTER - least.reduce((sum, one) => sum + one, 0)) / lanes.length);
  const xs = new Map();
  const widths = new Map();
  let left = GUTTER;
  lanes.forEach((lane, place) => {
    widths.set(lane.number, least[place] + spare);
    xs.set(lane.number, left + widths.get(lane.number) * LANE_LINE);
    left += widths.get(lane.number);
  });
  return { xs, widths, width: left };
}

// The first place in `rows`, which are in order, of an event that is not before `index`.
function firstAtOrAfter(rows, isBefore) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(rows[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}

class Layout {
  constructor(model, view) {
    this.model = model;
    this.view = view;
    this.rows = view.transaction >= 0 ? rowsOfTransaction(model, view.transaction) : rowsOfAll(model, view);
    this.lanes = lanesOf(model, view, this.rows);
    Object.assign(this, placeRows(this.rows, view.rowHeight));
    Object.assign(this, placeLanes(this.lanes, view.width));
    this.rowOf = new Map(this.rows.map((event, row) => [event.index, row]));
  }

  xOf(lane) {
    return this.xs.get(lane);
  }

  // The place of an event, or of the next one that is shown.
  yOfEvent(index) {
    return this.yOfRow(firstAtOrAfter(this.rows, (event) => event.index < index));
  }

  // The place of an event, or of the last one before it that is shown.
  yUpToEvent(index) {
    return this.yOfRow(Math.max(0, firstAtOrAfter(this.rows, (event) => event.index <= index) - 1));
  }

  yOfTime(micros) {
    return this.yOfRow(firstAtOrAfter(this.rows, (event) => event.at < micros));
  }

  yOfRow(row) {
    return row < this.ys.length ? this.ys[row] : this.height - TOP / 2;
  }

  // Rows from `top` to `bottom`.
  rowsWithin(top, bottom) {
    const first = firstAtOrAfter(this.ys, (y) => y < top);
    const end = firstAtOrAfter(this.ys, (y) => y <= bottom);
    return [first, end];
  }
}
