// The page around the diagram: the verdict, the steps, the filter, the panel and the details.

const ZOOM = { least: 6, usual: 22, most: 46, factor: 1.35 };
const LEAST_HEIGHT = 440;
const BADGES = { held: 'held', violated: 'violated', unfinished: 'did not finish' };
const STORY = new Set(['decide', 'durable', 'forget', 'vote', 'commit', 'abort', 'told', 'settle', 'violation']);

const HELD = 'All promises held.';

function element(id) {
  return document.getElementById(id);
}

// ------------------------------------------------------------------------------------------------
// Summary and details

function summaryHtml(data) {
  const facts = (data.facts ?? [HELD]).map((fact) => `<span class="fact">${escapeText(fact)}</span>`);
  const broken = data.promise ? ` ${escapeText(data.promise)}` : '';
  const bug = data.knownBug ? `<span>known bug switched on: <b>${escapeText(data.knownBug)}</b></span>` : '';
  return `<div class="verdict ${data.verdict}"><h1><span class="badge">${BADGES[data.verdict]}</span>${broken}</h1>`
    + `<div class="promise">${escapeText(data.promiseInWords ?? '')}</div>`
    + `<div class="facts">${facts.join('<span class="but">but</span>')}</div></div>`
    + `<div class="meta"><span>seed <b>${data.seed}</b></span>${bug}`
    + `<span>${numberText(data.outcomes[0][1])} transactions in ${durationText(data.virtualMicros)} of virtual time</span>`
    + `<span>digest <span class="mono">${data.digest}</span></span>`
    + `<span>build <span class="mono">${data.build.slice(0, 16)}</span></span>`
    + `<span class="replay">run it again: <span class="mono" id="command">${escapeText(data.replay)}</span>`
    + ' <button type="button" id="copy">copy</button></span></div>';
}

function countsHtml(counts) {
  return `<div class="counts">${counts.map(([name, count]) =>
    `<div class="${count === 0 ? 'none' : ''}"><span>${escapeText(name.replaceAll('_', ' '))}</span><span>${numberText(count)}</span></div>`).join('')}</div>`;
}

function profileHtml(profile) {
  const numbers = profile.map(([name, value, usual]) =>
    `<div><span>${name}</span><span>${value} <i>(${usual})</i></span></div>`);
  return `<p>In brackets: the default. As lines of NAME = NUMBER they are a file for assent-sim replay.</p>`
    + `<div class="counts">${numbers.join('')}</div>`;
}

function cellHtml(count, reason) {
  if (count > 0) return `<td>${numberText(count)}</td>`;
  return reason ? `<td class="reasoned" title="${escapeText(reason)}">–</td>` : '<td class="empty">0</td>';
}

function tableHtml(table) {
  const reasons = new Map(table.reasons.map(([row, column, reason]) => [`${row} ${column}`, reason]));
  const head = table.columns.map((name) => `<th>${escapeText(name)}</th>`).join('');
  const rows = table.rows.map((name, row) => `<tr><th>${escapeText(name)}</th>${table.columns.map((_, column) =>
    cellHtml(table.counts[row][column], reasons.get(`${row} ${column}`))).join('')}</tr>`);
  const text = table.text ? `<p>${escapeText(table.text)}</p>` : '';
  return `${text}<table><thead><tr><th></th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function runHtml(run) {
  const failures = run.failures.map((world) =>
    `<tr><th>${world.seed}</th><td class="words">${escapeText(world.promise)}</td><td class="words">${escapeText(world.text)}</td></tr>`);
  const failed = failures.length > 0
    ? `<p>Worlds that failed:</p><table><thead><tr><th>seed</th><th></th><th></th></tr></thead><tbody>${failures.join('')}</tbody></table>` : '';
  return `<p class="mono">${escapeText(run.command)}</p><p>${numberText(run.worlds)} worlds, ${numberText(run.passed)} passed,`
    + ` ${numberText(run.failed)} failed, ${durationText(run.virtualMicros)} of virtual time, digest ${run.digest}.</p>`
    + `${countsHtml(run.outcomes)}<p>Faults and messages of all worlds:</p>${countsHtml([...run.faults, ...run.network])}${failed}`;
}

function legendHtml() {
  const symbol = (inner, type) => `<svg width="46" height="26" viewBox="0 0 46 26"><path class="memory" d="M18 0 V26"/>`
    + `<path class="disk" d="M28 0 V26"/><g class="event ${type}">${inner}</g></svg>`;
  const state = (type, x) => `<rect class="state ${type}" x="${x - 3.5}" y="0" width="7" height="26"/>`;
  const mark = (type, event = { what: 'votes yes' }) => symbol(SYMBOLS[type](23, 13, STRAND, event), type);
  const arrow = (classes, end) => `<svg width="46" height="26" viewBox="0 0 46 26"><g class="message ${classes}">`
    + `<path class="line" d="M2 8 L38 18"/>${classes === 'is-copy' ? '<path class="second" d="M2 8 L38 18"/>' : ''}${end}</g></svg>`;
  const tip = '<path class="tip" d="M0 0 L-9 -4 L-9 4 Z" transform="translate(42 19) rotate(15)"/>';
  const lines = [
    [symbol('', ''), 'left strand: memory, gone at a crash; right strand: disk, stays'],
    [symbol(state('unsynced', 18), ''), 'in memory only: being written, lost at a crash'],
    [symbol(state('decided', 28), ''), 'a durable decision, until all have acknowledged'],
    [symbol(state('doubt', 28), ''), 'in doubt: voted yes, durably, decision not known'],
    [mark('decide'), 'decides to commit, not durable yet'],
    [mark('durable'), 'the decision is synced'],
    [mark('vote'), 'votes yes, synced; hollow: no, or has only read'],
    [mark('commit'), 'the branch commits'],
    [mark('abort'), 'the branch rolls back'],
    [mark('crash'), 'crash; the memory strand is gone until the start'],
    [mark('start'), 'start'],
    [mark('fault'), 'a fault is let loose'],
    [arrow('', tip), 'a message, sent and delivered'],
    [arrow('is-lost', '<path class="cross" d="M33 13 l10 10 m0 -10 l-10 10"/>'), 'lost'],
    [arrow('is-copy', tip), 'a second copy of a message'],
    [arrow('is-delayed', tip), 'dashed, with a tip: late, since a packet was lost or a partition held it'],
    ['<svg width="46" height="26"><rect class="partition" x="17" width="12" height="26"/></svg>', 'beside both: a partition, and from whom it cuts off'],
  ];
  return `<div class="legend">${lines.map(([picture, text]) => `<div>${picture}<span>${text}</span></div>`).join('')}</div>`;
}

function detailsHtml(data) {
  const section = (title, html, isOpen = false) => `<details${isOpen ? ' open' : ''}><summary>${title}</summary><div>${html}</div></details>`;
  const parts = [section('How to read the diagram', legendHtml())];
  if (data.run) parts.push(section('The run', runHtml(data.run), true));
  parts.push(section('This world: outcomes', countsHtml(data.outcomes)));
  parts.push(section('This world: faults and messages', countsHtml([...data.faults, ...data.network])));
  parts.push(section('This world: numbers that differ from the defaults', profileHtml(data.profile)));
  for (const table of data.tables) parts.push(section(escapeText(table.title), tableHtml(table)));
  return parts.join('');
}

// ------------------------------------------------------------------------------------------------
// The page at work

class Page {
  constructor(data) {
    this.data = data;
    this.model = modelOf(data);
    this.view = { transaction: this.model.violation?.about[0] ?? -1, everything: false, rowHeight: ZOOM.usual, width: 0 };
    this.diagram = new Diagram(element('frame'), element('diagram'), element('heads'), element('sizer'));
  }

  start() {
    element('summary').innerHTML = summaryHtml(this.data);
    element('details').innerHTML = detailsHtml(this.data);
    element('to-violation').hidden = !this.model.violation;
    element('cut').textContent = this.cutText();
    this.fillFilter();
    this.listen();
    this.relayout();
    this.select(this.wished() ?? this.model.violation ?? this.firstDecision());
    if (this.selected === this.model.violation && this.selected && !this.isInView(element('violation'))) element('space-time').scrollIntoView();
  }

  // What the address asks for: report.html#transaction=c1-1-5&event=120, both optional.
  wished() {
    const wishes = new URLSearchParams(window.location.hash.slice(1));
    const transaction = this.data.ids.indexOf(wishes.get('transaction'));
    if (transaction >= 0) this.filter(transaction);
    const wished = this.model.events[Number(wishes.get('event'))];
    return wishes.has('event') && wished ? wished : transaction >= 0 ? this.selected : null;
  }

  firstDecision() {
    const { rows } = this.layout;
    return rows.find((event) => event.kind === 'decide') ?? rows[0] ?? null;
  }

  cutText() {
    if (this.model.events.length === 0) return 'No events: the process of this world died.';
    if (this.data.dropped === 0) return '';
    return `Cut: the first ${numberText(this.data.dropped)} events are left out, the last ${numberText(this.model.events.length)} are here.`;
  }

  fillFilter() {
    const seen = new Set(this.model.events.flatMap((event) => event.about));
    const options = [...seen].sort((a, b) => a - b).map((id) => `<option value="${id}">${this.data.ids[id]}</option>`);
    element('filter').innerHTML = `<option value="-1">all ${options.length} transactions</option>${options.join('')}`;
    element('filter').value = String(this.view.transaction);
  }

  listen() {
    element('filter').addEventListener('change', (change) => this.filter(Number(change.target.value)));
    element('everything').addEventListener('change', (change) => {
      this.view.everything = change.target.checked;
      this.relayout();
      this.select(this.selected);
    });
    element('closer').addEventListener('click', () => this.zoom(ZOOM.factor));
    element('wider').addEventListener('click', () => this.zoom(1 / ZOOM.factor));
    element('first').addEventListener('click', () => this.selectRow(0));
    element('previous').addEventListener('click', () => this.step(-1));
    element('next').addEventListener('click', () => this.step(1));
    element('last').addEventListener('click', () => this.selectRow(this.layout.rows.length - 1));
    element('to-violation').addEventListener('click', () => this.toViolation());
    element('copy').addEventListener('click', () => navigator.clipboard?.writeText(this.data.replay));
    element('frame').addEventListener('click', (click) => this.selectAt(click.target));
    element('frame').addEventListener('pointermove', (move) => this.hover(move));
    element('frame').addEventListener('pointerleave', () => { element('tip').hidden = true; });
    element('panel').addEventListener('click', (click) => this.follow(click.target.closest('button')));
    document.addEventListener('keydown', (key) => this.key(key));
    window.addEventListener('resize', () => this.relayout());
  }

  key(key) {
    if (key.target.matches?.('select, input') || key.ctrlKey || key.metaKey || key.altKey) return;
    const acts = {
      ArrowDown: () => this.step(1), ArrowRight: () => this.step(1), ArrowUp: () => this.step(-1), ArrowLeft: () => this.step(-1),
      Home: () => this.selectRow(0), End: () => this.selectRow(this.layout.rows.length - 1), v: () => this.toViolation(),
      '+': () => this.zoom(ZOOM.factor), '-': () => this.zoom(1 / ZOOM.factor),
    };
    if (!acts[key.key]) return;
    key.preventDefault();
    acts[key.key]();
  }

  relayout() {
    this.fit();
    this.view.width = element('frame').clientWidth;
    this.layout = new Layout(this.model, this.view);
    this.diagram.show(this.layout);
  }

  // The diagram takes what the window has left below the verdict.
  fit() {
    const top = element('split').getBoundingClientRect().top + window.scrollY;
    element('split').style.height = `${Math.max(LEAST_HEIGHT, window.innerHeight - top - 14)}px`;
  }

  zoom(factor) {
    this.view.rowHeight = Math.min(ZOOM.most, Math.max(ZOOM.least, this.view.rowHeight * factor));
    this.relayout();
    this.select(this.selected);
  }

  filter(transaction) {
    this.view.transaction = transaction;
    element('filter').value = String(transaction);
    this.relayout();
    const isShown = this.selected && this.layout.rowOf.has(this.selected.index);
    this.select(isShown ? this.selected : this.layout.rows[0] ?? null);
  }

  toViolation() {
    const { violation } = this.model;
    if (!violation) return;
    if (!this.layout.rowOf.has(violation.index)) this.filter(-1);
    this.select(violation);
  }

  step(by) {
    const row = this.selected ? this.layout.rowOf.get(this.selected.index) : undefined;
    this.selectRow(row === undefined ? 0 : row + by);
  }

  selectRow(row) {
    const { rows } = this.layout;
    this.select(rows[Math.min(rows.length - 1, Math.max(0, row))] ?? null);
  }

  // Shows an event in the panel and brings it into view.
  select(event) {
    this.selected = event;
    this.diagram.selected = event ? event.index : -1;
    element('panel').innerHTML = event ? this.panelHtml(event) : '';
    if (event) this.reveal(event);
    this.diagram.draw();
  }

  reveal(event) {
    const frame = element('frame');
    const head = element('heads').offsetHeight;
    const y = this.layout.yOfEvent(event.index);
    const room = frame.clientHeight - head;
    if (y < frame.scrollTop + 40 || y > frame.scrollTop + room - 50) {
      frame.scrollTop = event.kind === 'violation' ? y - room * 0.75 : y - room * 0.45;
    }
    const x = this.layout.xOf(event.lane);
    if (x !== undefined && (x < frame.scrollLeft + GUTTER || x > frame.scrollLeft + frame.clientWidth - 60)) {
      frame.scrollLeft = x - frame.clientWidth / 2;
    }
  }

  isInView(shape) {
    if (!shape) return false;
    const box = shape.getBoundingClientRect();
    return box.top >= 0 && box.bottom <= window.innerHeight;
  }

  selectAt(target) {
    const shape = target.closest('[data-event]');
    if (shape) this.select(this.model.events[Number(shape.dataset.event)]);
  }

  follow(button) {
    if (button?.dataset.event) this.select(this.model.events[Number(button.dataset.event)]);
    if (button?.dataset.transaction) this.filter(Number(button.dataset.transaction));
  }

  // ----------------------------------------------------------------------------------------------
  // What an event says

  hover(move) {
    const tip = element('tip');
    const shape = move.target.closest('[data-event]');
    tip.hidden = !shape;
    if (!shape) return;
    const event = this.model.events[Number(shape.dataset.event)];
    tip.innerHTML = `<b>${escapeText(sentenceOf(this.model, event))}</b>\n<i>${timeText(event.at)}${this.fateText(event)}</i>`
      + (event.content ? `\n${escapeText(event.content)}` : '');
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(move.clientX + 14, window.innerWidth - box.width - 8))}px`;
    tip.style.top = `${Math.max(4, Math.min(move.clientY + 16, window.innerHeight - box.height - 8))}px`;
  }

  fateText(event) {
    const message = event.kind === 'send' ? this.model.messages.get(event.message) : null;
    if (!message) return '';
    const took = message.end ? `, ${durationText(message.end.at - event.at)} later` : '';
    const marks = [message.isCopy ? 'a second copy' : '', message.resent > 0 && message.fate === 'delivered' ? 'a packet was lost and sent again' : '',
      message.held > 0 ? 'a partition was in its way' : ''].filter(Boolean);
    return ` — ${message.fate}${took}${marks.length > 0 ? `; ${marks.join(', ')}` : ''}`;
  }

  panelHtml(event) {
    const row = this.layout.rowOf.get(event.index);
    const place = row === undefined ? 'not shown' : `event ${numberText(row + 1)} of ${numberText(this.layout.rows.length)}`;
    const message = this.model.messages.get(event.message);
    const content = event.content || message?.send.content || '';
    const chips = event.about.slice(0, 12).map((id) => `<button type="button" data-transaction="${id}">${this.data.ids[id]}</button>`);
    return `<div class="place">${place} · ${timeText(event.at)}${this.fateText(event)}</div>`
      + `<h2>${escapeText(sentenceOf(this.model, event))}</h2>${content ? `<pre>${escapeText(content)}</pre>` : ''}`
      + `${chips.length > 0 ? `<h3>Show only</h3><div class="chips">${chips.join('')}</div>` : ''}${this.storyHtml(event)}`;
  }

  // What became of the transaction, in the order in which it did.
  storyHtml(event) {
    const transaction = event.about.includes(this.view.transaction) ? this.view.transaction : event.about[0];
    if (transaction === undefined) return '';
    const events = this.model.events.filter((one) => STORY.has(one.kind) && one.about.includes(transaction));
    const lines = events.slice(0, 200).map((one) =>
      `<li><button type="button" class="${one.kind}${one === event ? ' now' : ''}" data-event="${one.index}">`
      + `<time>${timeText(one.at)}</time><span>${escapeText(sentenceOf(this.model, one))}</span></button></li>`);
    return lines.length > 0 ? `<h3>What became of ${this.data.ids[transaction]}</h3><ul class="story">${lines.join('')}</ul>` : '';
  }
}

new Page(JSON.parse(element('data').textContent)).start();
