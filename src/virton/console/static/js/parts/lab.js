/** The laboratory: power, network, crashes and time of a simulated cluster, docked below the page. */

import { note } from "../announce.js";
import { get, write } from "../api.js";
import { badge, h, setAttribute, setBadge, setShown, setText } from "../dom.js";
import { wordError } from "../errors.js";
import { dateTime, t } from "../i18n.js";
import { patchRows } from "../keyed.js";
import * as preferences from "../preferences.js";
import { change, resourceOf, state } from "../store.js";

const SPEEDS = [1, 10, 60];
const STEP_S = 10;

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
  return {
    update: (names) => {
      if (names.includes("snapshot")) readLab(lab);
      updateLab(lab);
    },
  };
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

async function act(deed) {
  try {
    const answer = await write("POST", "/api/lab", deed);
    change({ lab: answer?.nodes ? answer : await get("/api/lab") });
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
    const row = h(
      "tr",
      {},
      h("th", { scope: "row" }, node.name),
      h("td", {}, power),
      h("td", {}, network),
    );
    row.parts = { power, network };
    return row;
  },
  update: (row, node) => {
    for (const name of ["power", "network"]) {
      const box = row.parts[name];
      setAttribute(box, "aria-label", t(`lab.${name}_of`, { node: node.name }));
      if (box.checked !== node[name]) box.checked = node[name];
    }
  },
};

const guestCare = {
  key: (guest) => guest.sid,
  build: (guest) => {
    const crash = h("button", {
      type: "button",
      class: "button small",
      onclick: () => act({ action: "crash", sid: guest.sid }),
    });
    const count = h("input", {
      type: "number",
      class: "fails",
      min: 0,
      max: 99,
      value: String(guest.fail_starts),
    });
    const set = () =>
      act({ action: "fail_starts", sid: guest.sid, count: Number(count.value) || 0 });
    const apply = h("button", { type: "button", class: "button small", onclick: set });
    count.addEventListener("keydown", (event) => event.key === "Enter" && set());
    const form = h("span", { class: "inline-form" }, count, apply);
    const row = h(
      "tr",
      {},
      h("th", { scope: "row" }),
      h("td", {}, badge()),
      h("td", {}, crash),
      h("td", {}, form),
    );
    row.parts = { crash, count, apply, told: guest.fail_starts };
    return row;
  },
  update: (row, guest) => {
    const { crash, count, apply } = row.parts;
    const name = resourceOf(guest.sid)?.name ?? guestName(guest.sid);
    setText(row.cells[0], name ? `${guest.sid} (${name})` : guest.sid);
    const word = guest.running
      ? { tone: "ok", text: t("guest.status.running") }
      : { tone: "idle", text: t("guest.status.stopped") };
    setBadge(row.cells[1].firstElementChild, word);
    setText(crash, t("lab.crash"));
    setAttribute(crash, "aria-label", t("lab.crash_of", { sid: guest.sid }));
    setAttribute(crash, "disabled", guest.running ? null : "");
    setAttribute(count, "aria-label", t("lab.fails_of", { sid: guest.sid }));
    setText(apply, t("lab.apply"));
    setAttribute(apply, "aria-label", t("lab.apply_of", { sid: guest.sid }));
    if (row.parts.told !== guest.fail_starts && document.activeElement !== count) {
      count.value = String(guest.fail_starts);
      row.parts.told = guest.fail_starts;
    }
  },
};

function guestName(sid) {
  return state.snapshot.guests.find((guest) => guest.sid === sid)?.name;
}
