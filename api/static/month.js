// The month at a keyboard and with a pointer. All of it stands on plain links and on the form /a/{id}/move.

const FAR_ENOUGH = 6; // pixels before a press becomes a drag
const LONG_PRESS = 350; // milliseconds a finger rests before it picks something up
const HELD = "yinling.month.held"; // what is carried, and where the focus is, from one month to the next

const $ = (selector, room = document) => room.querySelector(selector);
const grid = () => $("table.month");
const cells = () => Array.from(document.querySelectorAll("td[data-day]"));
const cellOf = (day) => $(`td[data-day="${day}"]`);
const word = (name) => $("#month-words").dataset[name] || "";

let picked = null; // { id, version, title, from }
let busy = false;

// --- words ------------------------------------------------------------------------------------------------------

function announce(text) {
  const said = $("#said");
  said.textContent = "";
  requestAnimationFrame(() => {
    said.textContent = text;
  });
}

function tell(text, address) {
  const line = $(".status-line");
  const words = document.createElement("p");
  words.textContent = text;
  line.replaceChildren(words);
  if (!address) return;
  const link = document.createElement("a");
  link.className = "link";
  link.href = address;
  link.textContent = word("form");
  line.append(link);
}

// --- the page after something was asked for -----------------------------------------------------------------------

async function swap(answer, day) {
  if (new URL(answer.url).pathname === "/login") {
    location.assign(answer.url);
    return false;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!answer.ok || !$("table.month", page)) {
    tell(reasons(page) || word("failed"), answer.url);
    return false;
  }
  $("main").replaceChildren(...$("main", page).childNodes);
  $(".status-line").replaceChildren(...$(".status-line", page).childNodes);
  furnish();
  if (day) focusOn(day);
  return true;
}

// What a page says that refuses something: all that is wrong, and not only that something is.
function reasons(page) {
  const alert = Array.from(page.querySelectorAll(".alert p, .alert li"), (each) => each.textContent.trim());
  const notice = $(".notice p", page);
  return alert.join(" ") || (notice ? notice.textContent : "");
}

async function send(action, fields, day) {
  if (busy) return false;
  busy = true;
  try {
    const answer = await fetch(action, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { Accept: "text/html" },
    });
    return await swap(answer, day);
  } catch {
    tell(word("failed"));
    return false;
  } finally {
    busy = false;
  }
}

function move(what, day) {
  const next = location.pathname + location.search;
  return send(`/a/${what.id}/move`, { version: what.version, day, starts_at: "", next }, day);
}

async function open(link, day) {
  const address = link.getAttribute("href").split("#")[0];
  const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
  if (answer && (await swap(answer, day))) history.replaceState(null, "", address);
}

// --- the grid at a keyboard ---------------------------------------------------------------------------------------

function focusOn(day) {
  const cell = cellOf(day);
  if (!cell) return;
  for (const each of cells()) each.tabIndex = each === cell ? 0 : -1;
  cell.focus();
}

function dayAfter(day, days) {
  const at = new Date(`${day}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

function monthAfter(day, months) {
  const [year, month, date] = day.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(date, last))).toISOString().slice(0, 10);
}

function leave(day, address) {
  sessionStorage.setItem(HELD, JSON.stringify({ day, picked }));
  location.assign(address);
}

function go(day) {
  if (cellOf(day)) {
    focusOn(day);
    if (picked) carryTo(day);
  } else turnTo(day);
}

// The grid also shows some days of the months beside its own: to turn a page is to leave for theirs all the same.
function turn(day) {
  const cell = cellOf(day);
  if (cell && !cell.classList.contains("out")) go(day);
  else turnTo(day);
}

function turnTo(day) {
  const at = new URL(location.href);
  at.pathname = `/calendar/${day.slice(0, 7)}`;
  at.searchParams.set("day", day);
  at.hash = "";
  leave(day, at.pathname + at.search);
}

function carryTo(day) {
  for (const each of cells()) each.classList.toggle("drop", each.dataset.day === day && day !== picked.from);
  announce(word("over").replace("%s", cellOf(day).dataset.label));
}

function pickUp(cell) {
  const movable = Array.from(cell.querySelectorAll(".event[data-moves]"));
  if (!movable.length) {
    const stays = $(".event[data-stays]", cell);
    announce(stays ? stays.dataset.stays : word("none"));
    tell(stays ? stays.dataset.stays : word("none"));
    return;
  }
  const at = picked && picked.from === cell.dataset.day ? movable.findIndex((each) => each.dataset.id === picked.id) : -1;
  const event = movable[(at + 1) % movable.length];
  letGo();
  event.classList.add("picked");
  picked = thing(event);
  announce(word("picked").replace("%s", picked.title));
}

function thing(event) {
  return {
    id: event.dataset.id,
    version: event.dataset.version,
    title: $(".what", event).firstChild.textContent,
    from: event.closest("td").dataset.day,
  };
}

function letGo() {
  picked = null;
  for (const each of document.querySelectorAll(".picked")) each.classList.remove("picked");
  for (const each of document.querySelectorAll("td.drop")) each.classList.remove("drop");
}

async function drop(day) {
  const what = picked;
  letGo();
  if (day === what.from) announce(word("left"));
  else await move(what, day);
}

function undo() {
  const form = $(".status-line form");
  if (form) send(form.getAttribute("action"), new FormData(form), document.activeElement.dataset.day);
}

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest && event.target.closest("td[data-day]");
  if (!cell || event.target !== cell || event.altKey) return;
  const day = cell.dataset.day;
  const weekday = cells().indexOf(cell) % 7;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) {
    if (key !== "z") return;
    event.preventDefault();
    undo();
    return;
  }
  const doings = {
    ArrowLeft: () => go(dayAfter(day, -1)),
    ArrowRight: () => go(dayAfter(day, 1)),
    ArrowUp: () => go(dayAfter(day, -7)),
    ArrowDown: () => go(dayAfter(day, 7)),
    Home: () => go(dayAfter(day, -weekday)),
    End: () => go(dayAfter(day, 6 - weekday)),
    PageUp: () => turn(monthAfter(day, -1)),
    PageDown: () => turn(monthAfter(day, 1)),
    t: () => (picked || $("td.now") ? go(($("td.now") || cell).dataset.day) : leave("", "/calendar")),
    n: () => grid().dataset.new && location.assign(`${grid().dataset.new}?day=${day}`),
    m: () => grid().dataset.new && pickUp(cell),
    Enter: () => (picked ? drop(day) : open($(".of-day a", cell), day)),
    Escape: () => {
      if (!picked) return;
      const from = picked.from;
      letGo();
      if (cellOf(from)) focusOn(from);
      announce(word("left"));
    },
  };
  if (!doings[key]) return;
  event.preventDefault();
  doings[key]();
});

document.addEventListener("focusin", (event) => {
  if (!event.target.matches("td[data-day]")) return;
  for (const each of cells()) each.tabIndex = each === event.target ? 0 : -1;
});

// --- the same with a mouse or a finger ----------------------------------------------------------------------------

let press = null; // { event, x, y, isDragging, ghost, timer, isTouch }

function begin() {
  const { event } = press;
  press.isDragging = true;
  press.ghost = event.cloneNode(true);
  press.ghost.classList.add("dragged");
  press.ghost.setAttribute("aria-hidden", "true");
  document.body.append(press.ghost);
  event.classList.add("picked");
}

function under(x, y) {
  const found = document.elementFromPoint(x, y);
  return found && found.closest("td[data-day]");
}

function finish() {
  if (!press) return;
  clearTimeout(press.timer);
  if (press.ghost) press.ghost.remove();
  letGo();
  press = null;
}

document.addEventListener("pointerdown", (event) => {
  const found = event.target.closest && event.target.closest("td .event");
  if (!found || event.button !== 0 || !event.isPrimary) return;
  const isTouch = event.pointerType === "touch";
  press = { event: found, x: event.clientX, y: event.clientY, isDragging: false, ghost: null, timer: 0, isTouch };
  if (isTouch && "moves" in found.dataset) press.timer = setTimeout(() => press && begin(), LONG_PRESS);
});

document.addEventListener("pointermove", (event) => {
  if (!press || !event.isPrimary) return;
  const far = Math.abs(event.clientX - press.x) + Math.abs(event.clientY - press.y) > FAR_ENOUGH;
  if (!press.isDragging) {
    if (!far) return;
    if (press.isTouch) return finish();
    if (press.event.dataset.stays) {
      tell(press.event.dataset.stays);
      addEventListener("pointerup", swallowClick, { once: true });
      return finish();
    }
    if (!("moves" in press.event.dataset)) return finish();
    begin();
  }
  event.preventDefault();
  place(press.ghost, event.clientX, event.clientY);
  const cell = under(event.clientX, event.clientY);
  for (const each of cells()) each.classList.toggle("drop", each === cell && !each.contains(press.event));
});

function place(ghost, x, y) {
  ghost.style.transform = `translate(${x + 8}px, ${y + 8}px)`;
  ghost.style.left = "0";
  ghost.style.top = "0";
}

document.addEventListener("pointerup", (event) => {
  if (!press) return;
  const { isDragging, event: found } = press;
  const cell = isDragging && under(event.clientX, event.clientY);
  const what = isDragging && thing(found);
  finish();
  if (!isDragging) return;
  swallowClick();
  if (cell && cell.dataset.day !== what.from) move(what, cell.dataset.day);
});

// A press that moved something is no press on a link.
function swallowClick() {
  addEventListener("click", stop, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", stop, { capture: true }), 0);
}

function stop(event) {
  event.preventDefault();
  event.stopPropagation();
}

document.addEventListener("pointercancel", finish);
document.addEventListener("dragstart", (event) => {
  if (event.target.closest && event.target.closest("td .event")) event.preventDefault();
});
document.addEventListener("contextmenu", (event) => press && press.isTouch && event.preventDefault());
document.addEventListener("touchmove", (event) => press && press.isDragging && event.preventDefault(), { passive: false });

// --- what the page is given besides -------------------------------------------------------------------------------

function furnish() {
  const table = grid();
  table.setAttribute("role", "grid");
  for (const each of cells()) {
    const events = Array.from(each.querySelectorAll(".event .what"), (what) => what.firstChild.textContent);
    each.setAttribute("aria-label", [each.dataset.label, ...events].join(", "));
    each.tabIndex = each.classList.contains("looked-at") ? 0 : -1;
    for (const link of each.querySelectorAll("a")) link.tabIndex = -1;
  }
  for (const each of document.querySelectorAll("[data-print]")) each.hidden = false;
  for (const each of document.querySelectorAll("[data-first-choice]")) firstChoice(each);
}

async function firstChoice(room) {
  const answer = await fetch(room.dataset.firstChoice, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer || !answer.ok || new URL(answer.url).pathname === "/login") return;
  const piece = new DOMParser().parseFromString(await answer.text(), "text/html");
  const words = piece.body.textContent.trim();
  if (!words) return;
  room.textContent = words;
  room.hidden = false;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-sends]")) event.target.form.submit();
});

document.documentElement.classList.add("scripted");
furnish();

const held = JSON.parse(sessionStorage.getItem(HELD) || "null");
sessionStorage.removeItem(HELD);
if (held) {
  picked = held.picked;
  const day = held.day || ($("td.now") || $("td.looked-at")).dataset.day;
  focusOn(day);
  if (picked) carryTo(day);
}
