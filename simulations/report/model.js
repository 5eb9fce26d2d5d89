// What the page knows of the world: its events, its messages, and how long each state of a process
// lasted. Nothing here touches the document.

const NOTHING_SENT = 0;

function decodeEvents(data) {
  const laneOf = new Map(data.lanes.map(([name], lane) => [name, lane]));
  let at = 0;
  return data.rows.map((row, index) => {
    at += row[0];
    const [, kind, who, what, message = NOTHING_SENT, peer = 0, content = 0, fault = 0, until = 0] = row;
    return {
      index,
      at,
      until,
      message,
      kind: data.kinds[kind],
      who: data.texts[who],
      lane: laneOf.get(data.texts[who]) ?? -1,
      peer: laneOf.get(data.texts[peer]) ?? -1,
      what: data.texts[what],
      content: data.texts[content],
      fault: data.texts[fault],
      about: row.slice(9),
    };
  });
}

// What became of each message that was sent within the events that are kept.
function collectMessages(events) {
  const messages = new Map();
  for (const event of events) {
    if (event.message === NOTHING_SENT) continue;
    if (event.kind === 'send') {
      messages.set(event.message, {
        number: event.message, send: event, end: null, fate: 'under way', isCopy: false, resent: 0, held: 0,
      });
      continue;
    }
    const message = messages.get(event.message);
    if (!message) continue;
    event.about = message.send.about;
    if (event.kind === 'deliver' || event.kind === 'lose') {
      message.end = event;
      message.fate = event.kind === 'deliver' ? 'delivered' : event.what;
    } else if (event.fault === 'duplicated') {
      message.isCopy = true;
    } else if (event.fault === 'lost') {
      message.resent += 1;
    } else if (event.fault === 'held_back') {
      message.held += 1;
    }
  }
  return messages;
}

// States of processes from one event to another: { lane, type, from, to, about, isLost }. `to` is
// null for a state that lasts to the end.
class StateKeeper {
  constructor() {
    this.states = [];
    this.open = new Map();
  }

  begin(type, lane, event, id = -1) {
    const key = `${type} ${lane} ${id}`;
    if (this.open.has(key)) return;
    const state = { lane, type, from: event.index, to: null, until: event.until, about: id, isLost: false };
    this.open.set(key, state);
    this.states.push(state);
  }

  end(type, lane, event, id = -1, isLost = false) {
    const key = `${type} ${lane} ${id}`;
    const state = this.open.get(key);
    if (!state) return;
    state.to = event.index;
    state.isLost = isLost;
    this.open.delete(key);
  }

  // Memory dies with its process.
  crash(lane, event) {
    for (const state of [...this.open.values()]) {
      if (state.lane === lane && state.type === 'unsynced') {
        this.end(state.type, lane, event, state.about, true);
      }
    }
    this.end('paused', lane, event);
    this.begin('down', lane, event);
  }

  // Faults that last until a given time, not until an event.
  expire(event) {
    for (const state of [...this.open.values()]) {
      if (state.type === 'paused' && state.until <= event.at) this.end('paused', state.lane, event);
    }
  }
}

function collectStates(events) {
  const keeper = new StateKeeper();
  for (const event of events) {
    keeper.expire(event);
    const { lane, kind } = event;
    if (kind === 'crash') keeper.crash(lane, event);
    if (kind === 'start') keeper.end('down', lane, event);
    if (kind === 'write') keeper.begin('unsynced', lane, event);
    if (kind === 'sync') keeper.end('unsynced', lane, event);
    if (kind === 'fault' && event.fault === 'pauses') keeper.begin('paused', lane, event);
    if (kind === 'vote' && event.what.startsWith('votes yes')) keeper.begin('doubt', lane, event, event.about[0]);
    if (kind === 'vote' || kind === 'commit' || kind === 'abort') keeper.end('unsynced', lane, event);
    if (kind === 'commit' || kind === 'abort') keeper.end('doubt', lane, event, event.about[0]);
    if (kind === 'decide') keeper.begin('unsynced', lane, event, event.about[0]);
    if (kind === 'durable') {
      keeper.end('unsynced', lane, event, event.about[0]);
      keeper.begin('decided', lane, event, event.about[0]);
    }
    if (kind === 'forget') keeper.end('decided', lane, event, event.about[0]);
  }
  return keeper.states;
}

// The first of the slots of a lane that is free at that time.
function takeSlot(slots, at, until) {
  const free = slots.findIndex((end) => end <= at);
  const slot = free < 0 ? slots.length : free;
  slots[slot] = until;
  return slot;
}

// Partitions: from an event to a time. Of each side: its place among those that its process has at
// the same time, and what it means to it.
function collectPartitions(events, lanes) {
  const slotsOf = new Map(lanes.map((lane) => [lane.number, []]));
  return events
    .filter((event) => event.fault === 'partitions' || event.fault === 'one_way_partitions')
    .map((event) => {
      const isOneWay = event.fault === 'one_way_partitions';
      const [a, b] = [lanes[event.lane].name, lanes[event.peer].name];
      const words = isOneWay ? [`nothing to ${b}`, `nothing from ${a}`] : [`cut off from ${b}`, `cut off from ${a}`];
      const slots = [event.lane, event.peer].map((lane) => takeSlot(slotsOf.get(lane), event.at, event.until));
      return { event, slots, words };
    });
}

// A violation that is found when the world has come to rest is at the process that it names first.
function violationOf(events, lanes) {
  const violation = events.find((event) => event.kind === 'violation') ?? null;
  if (violation && violation.lane < 0) {
    const names = lanes.map((lane) => lane.name);
    violation.lane = names.indexOf(violation.what.split(/[^\w-]+/).find((word) => names.includes(word)));
  }
  return violation;
}

function modelOf(data) {
  const events = decodeEvents(data);
  const lanes = data.lanes.map(([name, kind], number) => ({ name, kind, number }));
  return {
    data,
    events,
    lanes,
    messages: collectMessages(events),
    states: collectStates(events),
    partitions: collectPartitions(events, lanes),
    violation: violationOf(events, lanes),
    healed: events.find((event) => event.kind === 'heal') ?? null,
  };
}

// ------------------------------------------------------------------------------------------------
// Words

const MICROS = 1_000_000;

function timeText(micros) {
  return `${(micros / MICROS).toFixed(6)} s`;
}

function durationText(micros) {
  if (micros >= 60 * MICROS) return `${(micros / MICROS / 60).toFixed(1)} min`;
  if (micros >= MICROS) return `${(micros / MICROS).toFixed(1)} s`;
  return `${(micros / 1000).toFixed(micros >= 10_000 ? 0 : 1)} ms`;
}

function numberText(number) {
  return number.toLocaleString('en-US');
}

// What an event is, in a sentence.
function sentenceOf(model, event) {
  const name = event.who;
  const other = event.peer >= 0 ? model.lanes[event.peer].name : '';
  switch (event.kind) {
    case 'send':
      return `${name} sends ${event.what} to ${other}`;
    case 'deliver':
      return `${name} gets ${model.messages.get(event.message)?.send.what ?? 'a message'} from ${other}`;
    case 'lose':
      return `a message from ${other} does not reach ${name}: ${event.what}`;
    case 'network':
      return other && other !== name ? `between ${name} and ${other}: ${event.what}` : `at ${name}: ${event.what}`;
    case 'fault':
      return other ? `fault between ${name} and ${other}: ${event.what}` : `fault at ${name}: ${event.what}`;
    case 'violation':
      return event.what;
    default:
      return name ? `${name} ${event.what}` : event.what;
  }
}
