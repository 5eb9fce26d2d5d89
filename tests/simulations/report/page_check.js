// Run by page_test.py at the end of a report: uses the page as a reader does, and looks at what is
// drawn and where. Writes its findings into the attributes of the document's element.
'use strict';

window.checkPage = () => {
  const found = document.documentElement.dataset;
  const byId = (id) => document.getElementById(id);
  const drawn = (selector) => [...document.querySelectorAll(`#diagram ${selector}`)]
    .map((shape) => shape.getBoundingClientRect())
    .filter((box) => box.width + box.height > 4);
  const press = (key) => document.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  const click = (id) => byId(id).dispatchEvent(new MouseEvent('click', { bubbles: true }));
  const choose = (value) => {
    byId('filter').value = value;
    byId('filter').dispatchEvent(new Event('change', { bubbles: true }));
  };
  const selectionTop = () => drawn('.selection')[0]?.top ?? -1;
  const isWithin = (box, frame) => box.top >= frame.top && box.bottom <= frame.bottom;

  const frame = byId('frame').getBoundingClientRect();
  const window_ = { top: 0, bottom: innerHeight };
  found.arrows = drawn('.message .line').length;
  found.lanes = document.querySelectorAll('#heads .head').length;
  found.strands = drawn('.memory').length + drawn('.disk').length;
  found.durableStates = drawn('.state.doubt').length + drawn('.state.decided').length;
  found.volatileStates = drawn('.state.unsynced').length;
  found.times = drawn('.time').length;
  const violation = byId('violation')?.querySelector('path').getBoundingClientRect();
  found.violationInView = Boolean(violation && violation.width > 100 && isWithin(violation, frame)
    && isWithin(violation, window_));

  const texts = [byId('panel').textContent];
  press('Home');
  for (const act of [() => press('ArrowDown'), () => click('next'), () => press('ArrowDown')]) {
    act();
    texts.push(byId('panel').textContent);
  }
  click('previous');
  texts.push(byId('panel').textContent);
  found.steps = new Set(texts).size;
  found.backIsBack = texts[texts.length - 1] === texts[texts.length - 3];
  found.stepInView = selectionTop() >= frame.top && selectionTop() <= frame.bottom;

  choose('-1');
  const all = { height: byId('sizer').offsetHeight, lanes: document.querySelectorAll('#heads .head').length };
  const isOver = (a, b) => a.left < b.right - 3 && b.left < a.right - 3 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  found.bands = 0;
  found.bandsOverlap = false;
  for (let window = 0; window < 100; ++window) {
    byId('frame').scrollTop = window * 300;
    byId('frame').dispatchEvent(new Event('scroll'));
    const bands = drawn('.partition-text');
    found.bands = Math.max(Number(found.bands), bands.length);
    if (bands.some((a, place) => bands.slice(place + 1).some((b) => isOver(a, b)))) found.bandsOverlap = true;
  }
  const options = [...byId('filter').options].map((option) => option.value).filter((value) => value !== '-1');
  found.transactions = options.length;
  choose(options[0]);
  press('Home');
  found.filterShortens = byId('sizer').offsetHeight < all.height;
  found.filterKeepsLanes = document.querySelectorAll('#heads .head').length <= all.lanes;

  const before = byId('sizer').offsetHeight;
  click('closer');
  found.zooms = byId('sizer').offsetHeight > before;

  const arrow = document.querySelector('#diagram .message .hit');
  arrow?.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX: 300, clientY: 300 }));
  found.tip = byId('tip').hidden ? '' : byId('tip').textContent;

  if (!byId('to-violation').hidden) {
    click('to-violation');
    const shape = byId('violation')?.getBoundingClientRect();
    found.jumps = Boolean(shape && isWithin(shape, frame));
  }
  found.checked = 'yes';
};
