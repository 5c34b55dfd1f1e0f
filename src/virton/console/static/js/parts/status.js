/** Part 1: the CRM master row, one LRM row a node, and what is wrong in words. */

import { badge, h, setAttribute, setBadge, setText } from "../dom.js";
import { clock, dateTime, has, t } from "../i18n.js";
import { patchRows } from "../keyed.js";
import { makePart } from "../part.js";
import { asRow } from "../stacking.js";
import { state } from "../store.js";
import { lrmState, nodeTrouble } from "../words.js";

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
    const known = state.snapshot.parts.status.at !== null;
    patchRows(part.slot("warnings"), known ? warningsOf(state.snapshot) : [], warningCare);
    tellFencing(part.slot("fencing"), state.snapshot.fencing);
  };
  return { update, tick: part.tick };
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
  tellTime(note, master?.at, "");
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
  const watchdog = node.lrm?.watchdog ? t(`watchdog.${node.lrm.watchdog}`) : "";
  tellTime(note, node.lrm?.at, watchdog);
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

function tellTime(note, at, before) {
  const time = at ? t("status.reported", { time: clock(at) }) : "";
  setText(note, [before, time].filter(Boolean).join(" · "));
  setAttribute(note, "title", at ? dateTime(at) : null);
}

function tellFencing(element, fencing) {
  if (!fencing) return setText(element, "");
  const armed = t(`fencing.${fencing.armed_state}`);
  const mode = fencing.resource_mode ? t(`fencing.mode.${fencing.resource_mode}`) : "";
  return setText(element, [t("fencing.label", { state: armed }), mode].filter(Boolean).join(" · "));
}

/** Everything that needs the operator's eye, most serious first. */
function warningsOf(snapshot) {
  const warnings = [];
  const by = (display) => snapshot.nodes.filter((node) => node.lrm?.display === display);
  if (snapshot.quorum && !snapshot.quorum.ok) warnings.push({ key: "no_quorum", tone: "bad" });
  else if (snapshot.quorum && !snapshot.master) warnings.push({ key: "no_master", tone: "warn" });
  for (const display of ["lost", "waiting", "time_drift"]) {
    const nodes = by(display).map((node) => node.name);
    if (nodes.length)
      warnings.push({ key: display, tone: display === "lost" ? "bad" : "warn", nodes });
  }
  const silent = (snapshot.cluster.addresses ?? [])
    .filter((one) => !one.ok)
    .map((one) => one.address);
  if (silent.length) warnings.push({ key: "addresses", tone: "warn", nodes: silent });
  if (["disarming", "disarmed"].includes(snapshot.fencing?.armed_state)) {
    warnings.push({ key: "disarmed", tone: "warn" });
  }
  return warnings;
}

const warningCare = {
  key: (warning) => warning.key,
  build: (warning) =>
    h(
      "div",
      { class: "box", data: { tone: warning.tone } },
      h("div", { class: "box-text" }, h("p", {}, h("strong")), h("p")),
    ),
  update: (element, warning) => {
    const [head, text] = element.firstElementChild.children;
    const nodes = (warning.nodes ?? []).join(", ");
    setText(head.firstElementChild, t(`warning.${warning.key}.head`, { nodes }));
    setText(text, t(`warning.${warning.key}.text`, { nodes }));
  },
};
