/** Part 1: the CRM master row, one LRM row a node, and what is wrong in words. */

import { badge, h, setAttribute, setBadge, setText } from "../dom.js";
import { ago, clock, dateTime, has, t } from "../i18n.js";
import { patchRows } from "../keyed.js";
import { makePart } from "../part.js";
import { asRow } from "../stacking.js";
import { clusterNow, state } from "../store.js";
import { warningCare, warningsOf } from "../warnings.js";
import { lrmState, nodeTrouble } from "../words.js";

const OLD_S = 30;

/** Set the part up; answers its `update` and `tick`. */
export function makeStatusPart(section) {
  const part = makePart(section, {
    source: "status",
    isEmpty: (snapshot) => snapshot.nodes.length === 0,
  });
  const update = () => {
    part.update();
    if (!state.snapshot) return;
    patchRows(part.slot("rows"), rowsOf(state.snapshot), rowCare);
    patchRows(part.slot("warnings"), warningsOf(state.snapshot), warningCare);
    tellFencing(part.slot("fencing"), state.snapshot);
  };
  const tick = () => {
    part.tick();
    for (const row of part.slot("rows").children) tellTime(row.parts.note);
  };
  return { update, tick };
}

function rowsOf(snapshot) {
  const crm = { key: "crm", quorum: snapshot.quorum, master: snapshot.master };
  return [crm, ...snapshot.nodes.map((node) => ({ key: `lrm:${node.name}`, node }))];
}

const rowCare = {
  key: (row) => row.key,
  build: buildRow,
  update: (element, row) => (row.node ? updateLrm(element, row.node) : updateCrm(element, row)),
};

function buildRow(row) {
  const name = h("span", {});
  const trouble = badge();
  const note = h("span", { class: "cell-note" });
  const badges = h("span", { class: "badges" }, badge(), badge(), note);
  const element = h(
    "tr",
    {},
    h("th", { scope: "row", class: "at-node" }, h("span", { class: "badges" }, name, trouble)),
    h("td", { class: row.node ? "at-role" : "at-role role-crm" }),
    h("td", { class: "at-service" }),
    h("td", { class: "at-state" }, badges),
  );
  element.parts = { name, trouble, badges: [...badges.children], note };
  return asRow(element);
}

function updateCrm(element, { quorum, master }) {
  const { name, trouble, badges, note } = element.parts;
  setText(name, master?.node ?? "–");
  setAttribute(trouble, "hidden", "");
  setText(element.cells[1], t("crm.role"));
  setText(element.cells[2], t("crm.service"));
  setBadge(badges[0], quorumWord(quorum));
  showBadge(badges[1], masterWord(master));
  report(note, master?.at, "");
}

function quorumWord(quorum) {
  if (!quorum) return { tone: "idle", text: t("quorum.unknown") };
  return quorum.ok ? { tone: "ok", text: t("quorum.ok") } : { tone: "bad", text: t("quorum.lost") };
}

/** What is to be said of the master beside the quorum; nothing when it does its work. */
function masterWord(master) {
  if (!master) return { tone: "warn", text: t("master.none") };
  if (master.state === "active") return null;
  return { tone: master.state === "idle" ? "idle" : "warn", text: t(`master.${master.state}`) };
}

function updateLrm(element, node) {
  const { name, trouble, badges, note } = element.parts;
  setText(name, node.name);
  showBadge(trouble, nodeTrouble(node));
  setText(element.cells[1], t("lrm.role"));
  setText(element.cells[2], modeName(node.lrm));
  setBadge(badges[0], lrmState(node.lrm));
  showBadge(badges[1], null);
  // An old report may call a watchdog idle that is about to fire.
  const told = node.lrm?.watchdog && node.lrm.display !== "dead";
  const watchdog = told ? t(`watchdog.${node.lrm.watchdog}`) : "";
  report(note, node.lrm?.at, watchdog);
}

/** The operating mode as Proxmox spells it, with the Korean or English word where it is not the usual one. */
function modeName(lrm) {
  if (!lrm?.mode) return "–";
  const key = `lrm.mode.${lrm.mode}`;
  return lrm.mode !== "active" && has(key) ? t(key) : lrm.mode;
}

function showBadge(element, word) {
  setAttribute(element, "hidden", word ? null : "");
  if (word) setBadge(element, word);
}

/** Tell when a report was made, and what else the row has to say. */
function report(note, at, before) {
  note.report = { at, before };
  setAttribute(note, "title", at ? dateTime(at) : null);
  tellTime(note);
}

/** A report is made at least every ten seconds: an older one says how old it is. */
function tellTime(note) {
  const { at, before } = note.report;
  const age_s = at ? clusterNow() - at : 0;
  const time = at ? t("status.reported", { time: clock(at) }) : "";
  const old = age_s > OLD_S ? `(${ago(age_s)})` : "";
  setText(note, [before, [time, old].filter(Boolean).join(" ")].filter(Boolean).join(" · "));
}

/** Whether fencing is armed; without quorum nobody can tell that it is at rest. */
function tellFencing(element, { fencing, quorum }) {
  const blind = quorum && !quorum.ok && fencing?.armed_state === "standby";
  if (!fencing || blind) return setText(element, "");
  const armed = t(`fencing.${fencing.armed_state}`);
  const mode = fencing.resource_mode ? t(`fencing.mode.${fencing.resource_mode}`) : "";
  return setText(element, [t("fencing.label", { state: armed }), mode].filter(Boolean).join(" · "));
}
