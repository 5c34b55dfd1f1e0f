/** The laboratory: power, network, crashes and time of a simulated cluster, docked below the page. */

import { note } from "../announce.js";
import { get, write } from "../api.js";
import { allow, badge, freshId, h, setAttribute, setBadge, setShown, setText } from "../dom.js";
import { wordError } from "../errors.js";
import { wholeNumber } from "../fields.js";
import { dateTime, t } from "../i18n.js";
import { patchRows } from "../keyed.js";
import { nameOf } from "../names.js";
import * as preferences from "../preferences.js";
import { asRow } from "../stacking.js";
import { change, guestOf, state } from "../store.js";

const SPEEDS = [1, 10, 60];
const STEP_S = 10;
const MOST_FAILS = 1000;
const ROOM_PX = 12;

/** Set the dock up; answers its `update`. */
export function makeLab(dock) {
  const slot = (name) => dock.querySelector(`[data-slot="${name}"]`);
  const lab = { dock, slot, open: preferences.unfolded("lab", false), reading: false };
  slot("speeds").append(...SPEEDS.map(speedButton));
  slot("pause").addEventListener("click", () =>
    act({ action: state.lab.paused ? "resume" : "pause" }),
  );
  slot("step").addEventListener("click", () => act({ action: "step", seconds: STEP_S }));
  slot("fold").addEventListener("click", () => {
    lab.open = !lab.open;
    preferences.rememberUnfolded("lab", lab.open);
    updateLab(lab);
  });
  document.querySelector("main").addEventListener("focusin", (event) => bringOut(event.target, dock));
  return {
    update: (names) => {
      if (names.includes("snapshot")) readLab(lab);
      updateLab(lab);
    },
  };
}

/** Bring what keys have come to out from behind the dock: a browser takes it for shown. */
function bringOut(element, dock) {
  if (dock.hidden || !element.matches(":focus-visible")) return;
  const hidden = element.getBoundingClientRect().bottom - dock.getBoundingClientRect().top;
  if (hidden > 0) scrollBy(0, hidden + ROOM_PX);
}

function offered() {
  return Boolean(state.session?.lab && state.snapshot?.cluster.lab);
}

/** Read the lab's state along with each word from the console; one question at a time. */
async function readLab(lab) {
  if (lab.reading || !offered()) return;
  lab.reading = true;
  try {
    change({ lab: await get("/api/lab") });
  } catch {
    change({ lab: state.lab });
  } finally {
    lab.reading = false;
  }
}

function updateLab({ dock, slot, open }) {
  const shown = offered() && Boolean(state.lab?.offered);
  setShown(dock, shown);
  if (!shown) return;
  slot("fold").setAttribute("aria-expanded", String(open));
  setShown(slot("body"), open);
  const { lab } = state;
  setText(slot("now"), t("lab.now", { time: dateTime(lab.now) }));
  setText(slot("pause"), t(lab.paused ? "lab.resume" : "lab.pause"));
  setText(slot("step"), t("lab.step", { seconds: STEP_S }));
  setShown(slot("paused"), lab.paused);
  for (const button of slot("speeds").children) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === lab.speed));
    setAttribute(button, "aria-label", t("lab.speed", { speed: button.dataset.speed }));
  }
  patchRows(slot("nodes"), lab.nodes, nodeCare);
  patchRows(slot("guests"), lab.guests, guestCare);
}

function speedButton(speed) {
  const click = () => act({ action: "speed", speed });
  return h("button", { type: "button", data: { speed }, onclick: click }, `${speed}×`);
}

/** Have the lab do something; `done` says in words that it did, where nothing else shows it. */
async function act(deed, done = "") {
  try {
    const answer = await write("POST", "/api/lab", deed);
    change({ lab: answer?.nodes ? answer : await get("/api/lab") });
    if (done) note(done);
  } catch (error) {
    note(
      t("lab.failed", { words: [wordError(error), error.words].filter(Boolean).join(" ") }),
      "warn",
    );
    change({ lab: state.lab });
  }
}

const nodeCare = {
  key: (node) => node.name,
  build: (node) => {
    const toggle = (action) => {
      const box = h("input", { type: "checkbox", role: "switch", class: "switch" });
      box.addEventListener("change", () => act({ action, node: node.name, on: box.checked }));
      return box;
    };
    const [power, network] = [toggle("power"), toggle("network")];
    const why = h("span", { class: "cell-note", id: freshId("lab-off") });
    const row = h(
      "tr",
      {},
      h("th", { scope: "row" }, node.name),
      h("td", {}, power),
      h("td", {}, network, why),
    );
    row.parts = { power, network, why };
    return row;
  },
  update: (row, node) => {
    for (const name of ["power", "network"]) {
      const box = row.parts[name];
      setAttribute(box, "aria-label", t(`lab.${name}_of`, { node: node.name }));
      if (box.checked !== node[name]) box.checked = node[name];
    }
    const { network, why } = row.parts;
    setText(why, node.power ? "" : t("lab.no_power"));
    allow(network, node.power, node.power ? null : why);
  },
};

const guestCare = { key: (guest) => guest.sid, build: buildGuest, update: updateGuest };

function buildGuest({ sid, fail_starts }) {
  const crash = h("button", { type: "button", class: "button small", onclick: () => crashGuest(sid) });
  const count = h("input", {
    type: "number",
    class: "fails",
    min: 0,
    max: MOST_FAILS,
    step: 1,
    inputmode: "numeric",
    value: String(fail_starts),
  });
  const error = h("span", { class: "field-error", id: freshId("lab-error"), role: "alert" });
  count.setAttribute("aria-describedby", error.id);
  const set = () => isCount(count, error) && failStarts(sid, Number(count.value));
  count.addEventListener("input", () => isCount(count, error));
  count.addEventListener("keydown", (event) => event.key === "Enter" && set());
  const apply = h("button", { type: "button", class: "button small", onclick: set });
  const row = h(
    "tr",
    {},
    h("th", { scope: "row" }),
    h("td", {}),
    h("td", { class: "at-state" }, badge()),
    h("td", { class: "at-crash" }, crash),
    h("td", { class: "at-fails" }, h("span", { class: "inline-form" }, count, apply, error)),
  );
  row.parts = { crash, count, apply, told: fail_starts };
  return asRow(row);
}

function updateGuest(row, guest) {
  const { crash, count, apply } = row.parts;
  const name = nameOf(guest.sid);
  const [who, node, status] = row.cells;
  setText(who, name);
  setText(node, guestOf(guest.sid)?.node ?? "–");
  const word = guest.running
    ? { tone: "ok", text: t("guest.status.running") }
    : { tone: "idle", text: t("guest.status.stopped") };
  setBadge(status.firstElementChild, word);
  setText(crash, t("lab.crash"));
  setAttribute(crash, "aria-label", t("lab.crash_of", { name }));
  setAttribute(crash, "disabled", guest.running ? null : "");
  setAttribute(count, "aria-label", t("lab.fails_of", { name }));
  setText(apply, t("lab.apply"));
  setAttribute(apply, "aria-label", t("lab.apply_of", { name }));
  if (row.parts.told !== guest.fail_starts && document.activeElement !== count) {
    count.value = String(guest.fail_starts);
    row.parts.told = guest.fail_starts;
  }
}

function crashGuest(sid) {
  return act({ action: "crash", sid }, t("lab.crashed", { name: nameOf(sid) }));
}

function failStarts(sid, count) {
  const key = count ? "lab.will_fail" : "lab.will_not_fail";
  return act({ action: "fail_starts", sid, count }, t(key, { name: nameOf(sid), count }));
}

/** Whether a field holds a number of starts; says so at the field where it does not. */
function isCount(input, error) {
  const number = wholeNumber(input);
  const good = number !== null && number <= MOST_FAILS;
  setText(error, good ? "" : t("lab.bad_count"));
  setAttribute(input, "aria-invalid", good ? null : "true");
  return good;
}
