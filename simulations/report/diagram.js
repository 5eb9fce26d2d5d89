// Draws the part of the diagram that is in view, as SVG. A process with a disk has two strands: the
// left one is its memory, which is gone when it crashes, the right one its disk, which stays.

const MARGIN = 400;
const STRAND = 5;
const BAND = 13; // how wide a partition is drawn beside a process
const BANDS = 2; // side by side
const LONGEST_LABEL = 52;

function escapeText(text) {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);
}

// What a message is, for its colour; its label says it too.
function familyOf(label) {
  if (/^(Prepare|work|Enlist)/.test(label)) return 'prepare';
  if (/^Vote/.test(label)) return 'vote';
  if (/abort|ABORTED|not yours/i.test(label)) return 'abort';
  if (/commit|Acknowledge/i.test(label)) return 'commit';
  return 'other';
}

class Diagram {
  constructor(frame, svg, heads, sizer) {
    Object.assign(this, { frame, svg, heads, sizer });
    this.selected = -1;
    frame.addEventListener('scroll', () => this.draw(), { passive: true });
  }

  show(layout) {
    this.layout = layout;
    this.sizer.style.height = `${layout.height}px`;
    this.sizer.style.width = `${layout.width}px`;
    this.heads.style.width = `${layout.width}px`;
    this.heads.innerHTML = layout.lanes.map((lane) => this.headOf(lane)).join('');
    this.hasMemoryOnly = new Set(layout.lanes.filter((lane) => lane.kind === 'initiator').map((lane) => lane.number));
    this.draw();
  }

  headOf(lane) {
    const width = this.layout.widths.get(lane.number);
    const left = this.layout.xOf(lane.number) - width * LANE_LINE;
    const kind = lane.kind === 'unary' ? 'no library' : lane.kind;
    const name = width < NARROWEST_LANE ? lane.name.replace('initiator-', 'i-') : lane.name;
    return `<div class="head ${lane.kind}" title="${escapeText(lane.name)}" style="left:${left}px;width:${width}px">`
      + `<b>${escapeText(name)}</b><span>${kind}</span></div>`;
  }

  draw() {
    const { layout, frame, svg } = this;
    const top = Math.max(0, frame.scrollTop - MARGIN);
    const bottom = Math.min(layout.height, frame.scrollTop + frame.clientHeight + MARGIN);
    this.span = { top, bottom };
    svg.setAttribute('viewBox', `0 ${top} ${layout.width} ${bottom - top}`);
    svg.style.top = `${top}px`;
    svg.style.width = `${layout.width}px`;
    svg.style.height = `${bottom - top}px`;
    const [first, end] = layout.rowsWithin(top, bottom);
    const rows = layout.rows.slice(first, end);
    svg.innerHTML = [
      this.patterns(), ...this.partitions(), this.selection(), ...this.gaps(), ...this.strands(), ...this.states(),
      ...this.messages(), ...rows.map((event) => this.mark(event)),
      this.gutter(), ...this.gapTexts(), ...rows.map((event, i) => this.time(event, rows[i - 1])),
    ].join('');
  }

  // Among all transactions, those of the selected event stand out.
  isFaded(event) {
    if (this.layout.view.transaction >= 0 || WORLD.has(event.kind)) return false;
    const own = this.layout.model.events[this.selected]?.about ?? [];
    return own.length > 0 && event.about.length > 0 && !event.about.some((id) => own.includes(id));
  }

  patterns() {
    return `<defs>
      <pattern id="hatch-cut" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect class="cut-ground" width="8" height="8"/><line class="cut-line" y2="8"/></pattern>
      <pattern id="hatch-wait" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <line class="wait-line" y2="4"/></pattern></defs>`;
  }

  isInSpan(from, to) {
    return from <= this.span.bottom && to >= this.span.top;
  }

  // ----------------------------------------------------------------------------------------------
  // Behind

  selection() {
    const row = this.layout.rowOf.get(this.selected);
    if (row === undefined) return '';
    const height = this.layout.view.rowHeight;
    return `<rect class="selection" x="0" y="${this.layout.ys[row] - height / 2}" width="${this.layout.width}" height="${height}"/>`;
  }

  gapsInSpan() {
    return this.layout.gaps.filter(({ y }) => this.isInSpan(y - 20, y + 20));
  }

  gaps() {
    return this.gapsInSpan().map(({ y }) =>
      `<path class="gap" d="M0 ${y - 4} H${this.layout.width} M0 ${y + 4} H${this.layout.width}"/>`);
  }

  // Times stay at the left when the lanes move below them.
  gutter() {
    const { top, bottom } = this.span;
    const width = this.frame.scrollLeft > 0 ? GUTTER - 28 : 0;
    return `<rect class="gutter" x="${this.frame.scrollLeft}" y="${top}" width="${width}" height="${bottom - top}"/>`;
  }

  gapTexts() {
    return this.gapsInSpan().map(({ y, idle }) =>
      `<text class="gap-text" x="${this.frame.scrollLeft + 8}" y="${y + 4}">${durationText(idle)} idle</text>`);
  }

  partitions() {
    const { layout } = this;
    const first = layout.rows[0];
    return layout.model.partitions.map((partition) => {
      const { event } = partition;
      if (!first || event.until <= first.at) return '';
      const from = layout.yOfEvent(event.index);
      const until = Math.min(event.until, layout.model.healed?.at ?? Infinity);
      const to = Math.max(layout.yOfTime(until), from + 8);
      const xs = [layout.xOf(event.lane), layout.xOf(event.peer)];
      if (xs.includes(undefined) || !this.isInSpan(from, to)) return '';
      return `<g data-event="${event.index}" class="cut">${this.partitionLink(event, xs, from)}`
        + `${xs.map((x, side) => this.band(partition, side, x, from, to)).join('')}</g>`;
    });
  }

  // Where it begins: a line from the one to the other.
  partitionLink(event, xs, y) {
    return this.layout.rowOf.has(event.index) ? `<path class="partition-link" d="M${xs[0]} ${y} H${xs[1]}"/>` : '';
  }

  // Beside each of the two, as long as it lasts, from whom it is cut off.
  band(partition, side, x, from, to) {
    const slot = partition.slots[side];
    const left = x - STRAND - 4 - BAND * (1 + (slot % BANDS));
    const top = Math.max(from, this.span.top);
    const bottom = Math.min(to, this.span.bottom);
    const rect = `<rect class="partition" x="${left}" y="${top}" width="${BAND - 1}" height="${bottom - top}"/>`;
    const text = partition.words[side];
    const textTop = Math.max(from, this.frame.scrollTop) + 5;
    if (slot >= BANDS || to - textTop < text.length * 6) return rect;
    return `${rect}<text class="partition-text" transform="translate(${left + 2.5} ${textTop}) rotate(90)">${escapeText(text)}</text>`;
  }

  strands() {
    const { top, bottom } = this.span;
    return this.layout.lanes.map((lane) => {
      const x = this.layout.xOf(lane.number);
      if (this.hasMemoryOnly.has(lane.number)) return `<path class="memory" d="M${x} ${top} V${bottom}"/>`;
      return `<path class="memory" d="M${x - STRAND} ${top} V${bottom}"/><path class="disk" d="M${x + STRAND} ${top} V${bottom}"/>`;
    });
  }

  states() {
    const { layout } = this;
    const transaction = layout.view.transaction;
    return layout.model.states.map((state) => {
      const x = layout.xOf(state.lane);
      if (x === undefined || (transaction >= 0 && !this.concerns(state, transaction))) return '';
      const from = state.type === 'unsynced' ? layout.yUpToEvent(state.from) : layout.yOfEvent(state.from);
      const to = state.to === null ? layout.height : layout.yOfEvent(state.to);
      if (to <= from || !this.isInSpan(from, to)) return '';
      return this.state(state, x, Math.max(from, this.span.top), Math.min(to, this.span.bottom));
    });
  }

  // A store writes what has piled up: which transactions that was shows when it is done.
  concerns(state, transaction) {
    if (state.about >= 0) return state.about === transaction;
    if (state.type !== 'unsynced' || state.isLost || state.to === null) return true;
    return this.layout.model.events[state.to].about.includes(transaction);
  }

  state(state, x, from, to) {
    const isOnDisk = state.type === 'doubt' || state.type === 'decided';
    const center = this.hasMemoryOnly.has(state.lane) ? x : x + (isOnDisk ? STRAND : -STRAND);
    const width = state.type === 'down' ? 6 : 7;
    const lost = state.isLost ? ' lost' : '';
    return `<rect class="state ${state.type}${lost}" data-state="${state.type}" x="${center - width / 2}" y="${from}"`
      + ` width="${width}" height="${to - from}"/>`;
  }

  // ----------------------------------------------------------------------------------------------
  // Messages

  messages() {
    const drawn = [];
    for (const message of this.layout.model.messages.values()) {
      if (!this.layout.rowOf.has(message.send.index)) continue;
      const y = this.layout.yOfEvent(message.send.index);
      const end = message.end ? this.layout.yOfEvent(message.end.index) : this.layout.height;
      if (y > this.span.bottom || end < this.span.top) continue;
      drawn.push(this.message(message, y, end));
    }
    return drawn;
  }

  message(message, y, end) {
    const { layout } = this;
    const x = layout.xOf(message.send.lane);
    const target = layout.xOf(message.send.peer);
    if (x === undefined || target === undefined) return '';
    const isRight = target > x;
    const start = x + (isRight ? STRAND : -STRAND);
    const goal = target + (isRight ? -STRAND - 2 : STRAND + 2);
    const isLost = message.fate !== 'delivered' && message.fate !== 'under way';
    const share = isLost || !message.end ? 0.62 : 1;
    const stop = { x: start + (goal - start) * share, y: y + (end - y) * (message.end ? share : 0) };
    if (!message.end) stop.y = Math.min(end, y + layout.view.rowHeight);
    const classes = ['message', familyOf(message.send.what), isLost ? 'is-lost' : '', message.isCopy ? 'is-copy' : '',
      message.resent > 0 || message.held > 0 ? 'is-delayed' : '', this.isFaded(message.send) ? 'is-faded' : ''];
    const line = `M${start} ${y} L${stop.x} ${stop.y}`;
    return `<g class="${classes.join(' ')}" data-event="${message.send.index}" data-message="${message.number}">`
      + `<path class="hit" d="${line}"/><path class="line" d="${line}"/>${message.isCopy ? `<path class="second" d="${line}"/>` : ''}`
      + `${this.messageEnd(message, isLost, { x: start, y }, stop)}${this.messageLabel(message, start, y, stop)}</g>`;
  }

  messageEnd(message, isLost, start, stop) {
    const { x, y } = stop;
    if (isLost) return `<path class="cross" d="M${x - 5} ${y - 5} l10 10 m0 -10 l-10 10"/>`;
    if (!message.end) return `<circle class="flying" cx="${x}" cy="${y}" r="3.5"/>`;
    const angle = (Math.atan2(y - start.y, x - start.x) * 180) / Math.PI;
    return `<path class="tip" d="M0 0 L-9 -4 L-9 4 Z" transform="translate(${x} ${y}) rotate(${angle})"/>`;
  }

  messageLabel(message, x, y, stop) {
    if (this.layout.view.rowHeight < 15) return '';
    const isRight = stop.x > x;
    const slope = (stop.y - y) / Math.max(1, Math.abs(stop.x - x));
    const place = 10;
    let label = message.send.what;
    if (message.isCopy) label += ' (copy)';
    if (message.end?.kind === 'lose') label += ' (lost)';
    return `<text class="label" x="${x + (isRight ? place : -place)}" y="${y + slope * place - 4}"`
      + ` text-anchor="${isRight ? 'start' : 'end'}">${escapeText(label)}</text>`;
  }

  // ----------------------------------------------------------------------------------------------
  // Events of one process

  mark(event) {
    const y = this.layout.yOfEvent(event.index);
    if (WORLD.has(event.kind)) return this.line(event, y);
    const x = this.layout.xOf(event.lane);
    const symbol = SYMBOLS[event.kind];
    if (x === undefined || !symbol) return '';
    const hasDisk = !this.hasMemoryOnly.has(event.lane);
    return `<g class="event ${event.kind}${this.isFaded(event) ? ' is-faded' : ''}" data-event="${event.index}"><rect class="hit" x="${x - 11}" y="${y - 9}" width="22" height="18"/>`
      + `${symbol(x, y, hasDisk ? STRAND : 0, event)}${this.eventLabel(event, x, y)}</g>`;
  }

  eventLabel(event, x, y) {
    const isSilent = event.message !== NOTHING_SENT || event.kind === 'write' || event.kind === 'sync';
    if (isSilent || this.layout.view.rowHeight < 15) return '';
    const { view, model } = this.layout;
    const room = Math.min(LONGEST_LABEL, Math.floor(this.roomFor(event, x) / 6.1));
    if (room < 9) return '';
    let text = event.what;
    if (event.peer >= 0 && event.kind === 'fault') text = `${event.who}, ${model.lanes[event.peer].name}: ${text}`;
    if (view.transaction >= 0) text = text.replace(new RegExp(`:? ${model.data.ids[view.transaction]}$`), '');
    if (text.length > room) text = `${text.slice(0, room - 1)}…`;
    return `<text class="label" x="${x + 15}" y="${y + 4}">${escapeText(text)}</text>`;
  }

  // Up to the end of the diagram, unless other starts are in its row.
  roomFor(event, x) {
    const { ys, rowOf, widths, width } = this.layout;
    const row = rowOf.get(event.index);
    const isShared = ys[row - 1] === ys[row] || ys[row + 1] === ys[row];
    return isShared ? widths.get(event.lane) - 34 : width - x - 22;
  }

  // An event of the whole world.
  line(event, y) {
    const x = this.layout.xOf(event.lane);
    const left = this.frame.scrollLeft + 8;
    const spot = event.kind === 'violation' && x !== undefined ? `<circle class="spot" cx="${x}" cy="${y}" r="13"/>` : '';
    const room = Math.floor((Math.min(this.frame.clientWidth, this.layout.width) - GUTTER - 30) / 6.6);
    const text = event.what.length > room ? `${event.what.slice(0, room)}…` : event.what;
    return `<g class="world ${event.kind}" data-event="${event.index}"${event.kind === 'violation' ? ' id="violation"' : ''}>`
      + `<path d="M${left + GUTTER - 34} ${y} H${this.layout.width}"/>${spot}`
      + `<rect class="plate" x="${left + GUTTER - 8}" y="${y + 5}" width="${text.length * 6.5 + 16}" height="19" rx="3"/>`
      + `<text class="label" x="${left + GUTTER}" y="${y + 19}">${escapeText(text)}</text></g>`;
  }

  time(event, before) {
    if (before && before.at === event.at) return '';
    const y = this.layout.yOfEvent(event.index);
    return `<text class="time" x="${this.frame.scrollLeft + 8}" y="${y + 4}">${timeText(event.at)}</text>`;
  }
}

// What marks an event at (x, y); `off` is how far the strands lie from x.
const SYMBOLS = {
  start: (x, y, off) => `<circle class="full" cx="${x - off}" cy="${y}" r="5"/>`,
  refuse: (x, y, off) => `<circle class="bad" cx="${x - off}" cy="${y}" r="5"/><path class="bad" d="M${x - off - 4} ${y} h8"/>`,
  crash: (x, y, off) => `<path class="cross" d="M${x - off - 6} ${y - 6} l12 12 m0 -12 l-12 12"/>`,
  halt: (x, y, off) => `<rect class="bad" x="${x - off - 5}" y="${y - 5}" width="10" height="10"/>`,
  operator: (x, y, off) => `<path class="bad" d="M${x - off} ${y - 7} l7 12 h-14 Z"/>`,
  decide: (x, y, off) => `<path class="hollow" d="M${x - off} ${y - 6} l6 6 l-6 6 l-6 -6 Z"/>`,
  durable: (x, y, off) => `<path class="bridge" d="M${x - off} ${y} H${x + off}"/><path class="full" d="M${x + off} ${y - 6} l6 6 l-6 6 l-6 -6 Z"/>`,
  forget: (x, y, off) => `<path class="hollow" d="M${x + off - 5} ${y} h10"/>`,
  vote: (x, y, off, event) => `<path class="bridge" d="M${x - off} ${y} H${x + off}"/>`
    + `<rect class="${event.what.startsWith('votes yes') ? 'full' : 'hollow'}" x="${x + off - 5}" y="${y - 5}" width="10" height="10"/>`,
  commit: (x, y, off) => `<circle class="full" cx="${x + off}" cy="${y}" r="6"/><path class="check" d="M${x + off - 3} ${y} l2 3 l4 -6"/>`,
  abort: (x, y, off) => `<circle class="full" cx="${x + off}" cy="${y}" r="6"/><path class="check" d="M${x + off - 3} ${y} h6"/>`,
  told: (x, y) => `<circle class="hollow" cx="${x}" cy="${y}" r="4"/>`,
  settle: (x, y) => `<path class="full" d="M${x} ${y - 7} v14 M${x} ${y - 7} h9 l-3 4 l3 4 h-9"/>`,
  notice: (x, y, off) => `<circle class="hollow" cx="${x - off}" cy="${y}" r="3"/>`,
  write: (x, y, off) => `<circle class="small" cx="${x - off}" cy="${y}" r="2.5"/>`,
  sync: (x, y, off) => `<path class="bridge" d="M${x - off} ${y} H${x + off}"/><circle class="small" cx="${x + off}" cy="${y}" r="2.5"/>`,
  send: (x, y, off) => `<circle class="small" cx="${x - off}" cy="${y}" r="2"/>`,
  fault: (x, y, off) => `<path class="bolt" d="M${x - off + 2} ${y - 8} l-6 9 h4 l-2 7 l6 -9 h-4 Z"/>`,
};
