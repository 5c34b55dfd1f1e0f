/** Part 2: the list of HA resources, one choice, and what can be done with it. */

import { announce } from "../announce.js";
import { allow, badge, h, setAttribute, setBadge, setText } from "../dom.js";
import { makeFilter } from "../filter.js";
import { openMove } from "../forms/move.js";
import { openResourceForm } from "../forms/resource-form.js";
import { openResourceRemoval } from "../forms/resource-removal.js";
import { mayWrite, tellHindrance } from "../hindrance.js";
import { t, tn } from "../i18n.js";
import { patchRows } from "../keyed.js";
import { doubt } from "../knowledge.js";
import { resourceName, typeName } from "../names.js";
import { makePart } from "../part.js";
import { arrivalText, noteChanges } from "./arrivals.js";
import { hintCare, hintsOf } from "./hints.js";
import { asRow } from "../stacking.js";
import { resourceOf, state } from "../store.js";
import { requestOf, resourceState, searchText } from "../words.js";

let chosenSid = null;

/** Set the part up; answers its `update` and `tick`. */
export function makeResourcesPart(section) {
  const part = makePart(section, {
    source: "resources",
    isEmpty: (snapshot) => snapshot.resources.length === 0,
  });
  const buttons = wireButtons(part);
  const filter = makeFilter(part.slot("filter"), {
    textOf: searchText,
    stays: (resource) => resource.sid === chosenSid,
    onChange: () => drawRows(part, filter),
  });
  part
    .slot("rows")
    .addEventListener("change", (event) => choose(event.target.value, part, buttons));
  part.slot("rows").addEventListener("click", chooseByRow);
  part.slot("rows").addEventListener("dblclick", (event) => {
    if (event.target.closest("tr") && !buttons.edit.disabled) buttons.edit.click();
  });
  const tick = () => {
    part.tick();
    tellDoubt(part);
  };
  return { update: () => updatePart(part, buttons, filter), tick };
}

function drawRows(part, filter) {
  patchRows(part.slot("rows"), filter.narrow(state.snapshot?.resources ?? []), rowCare);
}

function wireButtons(part) {
  const buttons = {};
  const deeds = {
    add: () => openResourceForm(null),
    edit: () => openResourceForm(resourceOf(chosenSid)),
    move: () => openMove(resourceOf(chosenSid)),
    remove: () => openResourceRemoval(resourceOf(chosenSid)),
  };
  for (const [name, deed] of Object.entries(deeds)) {
    buttons[name] = part.slot(name);
    buttons[name].addEventListener("click", deed);
  }
  return buttons;
}

function updatePart(part, buttons, filter) {
  part.update();
  if (!state.snapshot) return;
  const { resources } = state.snapshot;
  // A radio that goes with its row must not come back chosen.
  if (chosenSid && !resourceOf(chosenSid)) chosenSid = null;
  const changed = noteChanges(resources);
  drawRows(part, filter);
  tellDoubt(part);
  patchRows(part.slot("warnings"), hintsOf(state.snapshot), hintCare);
  tellChanges(changed);
  updateButtons(part, buttons);
}

/** States that may be out of date are said to be; that the console asked just now is no comfort then. */
function tellDoubt(part) {
  const doubted = state.snapshot ? doubt(state.snapshot) : null;
  if (doubted) setText(part.slot("age"), "");
}

function updateButtons(part, buttons) {
  const allowed = mayWrite();
  const chosen = resourceOf(chosenSid);
  const reason = tellHindrance(part.slot("forbidden"));
  enable(buttons.add, allowed, reason);
  for (const name of ["edit", "move", "remove"]) enable(buttons[name], allowed && chosen, reason);
  setText(part.slot("choice"), allowed ? choiceText(chosen) : "");
}

/** What is chosen, or how to; nothing where there is nothing to choose. */
function choiceText(chosen) {
  if (chosen) return t("resources.chosen", { name: resourceName(chosen) });
  return state.snapshot.resources.length ? t("resources.choose") : "";
}

/** Enable a button; one that loses its use while focused hands the focus to the part's title. */
function enable(button, possible, reason) {
  const focused = button === document.activeElement;
  allow(button, Boolean(possible), reason);
  if (focused && !possible) button.closest("section").querySelector("h2").focus();
}

function choose(sid, part, buttons) {
  chosenSid = sid;
  updateButtons(part, buttons);
}

function chooseByRow(event) {
  const radio = event.target.closest("tr")?.querySelector("input[type=radio]");
  if (!radio || radio.disabled || event.target === radio) return;
  if (String(getSelection() ?? "") !== "") return;
  radio.click();
}

const rowCare = { key: (resource) => resource.sid, build: buildRow, update: updateRow };

function buildRow(resource) {
  const radio = h("input", { type: "radio", name: "resource", value: resource.sid });
  const comment = h("span", { class: "comment" });
  const note = h("span", { class: "cell-note" });
  const name = h("span", {});
  const stateBadge = badge();
  const row = h(
    "tr",
    {},
    h("td", { class: "at-choice" }, radio),
    h("th", { scope: "row", class: "at-id number" }),
    h("td", { class: "at-node strong" }),
    h("td", { class: "at-type" }),
    h("td", { class: "at-name" }, name, comment),
    h("td", { class: "at-state" }, stateBadge, note),
    h("td", { class: "at-restart number" }),
    h("td", { class: "at-relocate number" }),
    h("td", { class: "at-failback" }),
  );
  row.parts = { radio, name, comment, stateBadge, note };
  return asRow(row);
}

function updateRow(row, resource) {
  const { radio, name, comment, stateBadge, note } = row.parts;
  const [, id, node, type, , , restart, relocate, failback] = row.cells;
  setAttribute(radio, "aria-label", t("resources.choose_one", { name: resourceName(resource) }));
  if (radio.checked !== (resource.sid === chosenSid)) radio.checked = resource.sid === chosenSid;
  setText(id, String(resource.vmid));
  setText(node, resource.node ?? "–");
  setText(type, typeName(resource.type));
  setText(name, resource.name ?? "–");
  setText(comment, resource.comment ?? "");
  setAttribute(comment, "title", resource.comment || null);
  const word = resourceState(resource.state);
  setBadge(stateBadge, doubt(state.snapshot) ? { ...word, tone: "idle" } : word);
  setText(note, noteOf(resource));
  setText(restart, String(resource.max_restart));
  setText(relocate, String(resource.max_relocate));
  setText(failback, resource.failback ? t("on") : t("off"));
}

/** What a state lets one suppose was asked for, where that is not `started`. */
const SUPPOSED = {
  stopped: "stopped",
  stopping: "stopped",
  request_stop: "stopped",
  disabled: "disabled",
  "clearing error flag": "disabled",
  ignored: "ignored",
};

/** What the state's word leaves out: whence it came, where it goes, what was asked for, its HA group. */
function noteOf(resource) {
  const notes = [];
  if (resource.target) notes.push(t("resources.target", { node: resource.target }));
  else notes.push(arrivalText(resource.sid));
  const request = requestOf(resource);
  if ((SUPPOSED[resource.state] ?? "started") !== request) {
    notes.push(t("resources.request", { state: resourceState(request).text }));
  }
  if (resource.auto_rebalance === false) notes.push(t("resources.unbalanced"));
  if (resource.group) notes.push(t("resources.group", { group: resource.group }));
  return notes.filter(Boolean).join(" · ");
}

/** Tell a screen reader what changed; many changes at once as their number. */
function tellChanges(changed) {
  if (changed.length > 3) announce(tn("resources.changed", changed.length));
  else if (changed.length) {
    announce(
      changed.map((one) => `${resourceName(one)}: ${resourceState(one.state).text}`).join(", "),
    );
  }
}
