/** The two tables of the rule forms: resources to tick, and nodes to tick with a priority. */

import { badge, h, setAttribute, setBadge, setText } from "../dom.js";
import { filterElement, makeFilter } from "../filter.js";
import { percent, t } from "../i18n.js";
import { patchRows } from "../keyed.js";
import { resourceName, typeName } from "../names.js";
import { asRow } from "../stacking.js";
import { state } from "../store.js";
import { nodeTrouble, resourceState, searchText } from "../words.js";

const MOST_PRIORITY = 1000;

function makeTable(label, headings, rows, kind = null) {
  const head = headings.map((text) =>
    text
      ? h("th", { scope: "col", role: "columnheader" }, text)
      : h("td", { role: "cell" }, h("span", { class: "unseen" }, t("pick.column"))),
  );
  const table = h(
    "table",
    { role: "table", class: kind, "aria-label": label },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head)),
    rows,
  );
  rows.setAttribute("role", "rowgroup");
  return h("div", { class: "pick", role: "group", "aria-label": label }, table);
}

/** A table of HA resources to tick. `value()` answers their ids, sorted as shown. */
export function makeResourcePicker(chosen, onChange) {
  const rows = h("tbody", { onchange: onChange });
  const headings = [
    "",
    "ID",
    t("column.name"),
    t("column.node"),
    t("column.state"),
    t("column.kind"),
  ];
  const table = makeTable(t("rule.resources"), headings, rows, "stacks picks");
  const search = filterElement();
  const picker = { wanted: new Set(chosen) };
  const care = resourceCare(picker);
  const update = () => patchRows(rows, filter.narrow(resourceItems(picker.wanted)), care);
  const filter = makeFilter(search, {
    textOf: searchText,
    stays: ({ sid }) => picker.wanted.has(sid),
    onChange: update,
  });
  rows.addEventListener("change", (event) => toggle(picker.wanted, event.target), {
    capture: true,
  });
  return {
    control: table,
    search,
    update,
    value: () => [...picker.wanted].sort(),
    setValue: (sids) => {
      picker.wanted = new Set(sids);
      update();
    },
  };
}

function toggle(wanted, box) {
  if (box.checked) wanted.add(box.value);
  else wanted.delete(box.value);
}

/** The resources under HA, then those that the rule names although they are not, so they can be unticked. */
function resourceItems(wanted) {
  const managed = state.snapshot.resources;
  const known = new Set(managed.map((resource) => resource.sid));
  const lost = [...wanted].filter((sid) => !known.has(sid)).sort();
  return [...managed, ...lost.map((sid) => ({ sid, vmid: sid, name: null, lost: true }))];
}

function resourceCare(picker) {
  return {
    key: (resource) => resource.sid,
    build: (resource) => {
      const box = h("input", { type: "checkbox", value: resource.sid });
      const row = h(
        "tr",
        { onclick: tickByRow },
        h("td", { class: "at-choice" }, box),
        h("th", { scope: "row", class: "at-id number" }),
        h("td", { class: "at-name" }),
        h("td", { class: "at-node" }),
        h("td", { class: "at-state" }, badge()),
        h("td", { class: "at-type" }),
      );
      return asRow(row);
    },
    update: (row, resource) => updateResource(row, resource, picker.wanted.has(resource.sid)),
  };
}

function tickByRow(event) {
  const box = event.currentTarget.querySelector("input[type=checkbox]");
  if (!event.target.closest("input, button") && !box.disabled) box.click();
}

function updateResource(row, resource, ticked) {
  const [tick, id, name, node, mark, kind] = row.cells;
  const box = tick.firstElementChild;
  if (box.checked !== ticked) box.checked = ticked;
  setAttribute(box, "aria-label", resourceName(resource));
  setText(id, String(resource.vmid));
  setText(name, resource.name ?? "–");
  setText(node, resource.node ?? "–");
  const word = resource.lost
    ? { tone: "warn", text: t("pick.unmanaged") }
    : resourceState(resource.state);
  setBadge(mark.firstElementChild, word);
  setText(kind, resource.lost ? "–" : typeName(resource.type));
}

/** A table of nodes to tick, each with a priority to type or step. `value()` answers [{node, priority}]. */
export function makeNodePicker(chosen, onChange) {
  const rows = h("tbody", { oninput: onChange, onchange: onChange });
  const headings = [
    "",
    t("column.node"),
    t("column.memory"),
    t("column.cpu"),
    t("column.priority"),
  ];
  const root = makeTable(t("rule.nodes"), headings, rows);
  const picker = { rows, named: chosen.map((entry) => entry.node), ranked: true };
  const update = () => patchRows(rows, nodeItems(picker.named), nodeCare);
  const setValue = (entries) => {
    picker.named = entries.map((entry) => entry.node);
    update();
    for (const row of rows.children)
      writeNode(
        row,
        entries.find((entry) => entry.node === row.dataset.key),
      );
  };
  setValue(chosen);
  return {
    control: root,
    update,
    setValue,
    value: () => readNodes(picker),
    valid: () => !picker.ranked || nodesValid(rows),
    /** Whether the nodes have priorities: nodes to avoid have none. */
    setRanked: (ranked) => {
      picker.ranked = ranked;
      root.classList.toggle("unranked", !ranked);
    },
  };
}

/** The cluster's nodes, then those that only the rule still knows. */
function nodeItems(named) {
  const { nodes } = state.snapshot;
  const known = new Set(nodes.map((node) => node.name));
  const lost = named.filter((name) => !known.has(name)).sort();
  return [...nodes, ...lost.map((name) => ({ name, lost: true }))];
}

const nodeCare = { key: (node) => node.name, build: buildNode, update: updateNode };

function buildNode(node) {
  const box = h("input", { type: "checkbox", value: node.name, "aria-label": node.name });
  const label = t("pick.priority_of", { node: node.name });
  const priority = h("input", {
    type: "number",
    min: 0,
    max: MOST_PRIORITY,
    step: 1,
    value: "0",
    "aria-label": label,
  });
  const step = (sign, key, by) =>
    h(
      "button",
      {
        type: "button",
        "aria-label": t(key, { node: node.name }),
        onclick: () => stepBy(priority, by),
      },
      sign,
    );
  const stepper = h(
    "span",
    { class: "stepper" },
    step("▲", "pick.raise", 1),
    step("▼", "pick.lower", -1),
  );
  priority.addEventListener("input", () => (box.checked = true));
  const row = h(
    "tr",
    { onclick: tickByRow },
    h("td", {}, box),
    h("th", { scope: "row" }, h("span", { class: "badges" }, h("span", {}, node.name), badge())),
    h("td", { class: "number" }),
    h("td", { class: "number" }),
    h("td", {}, h("span", { class: "priority" }, priority, stepper)),
  );
  row.parts = { box, priority };
  return asRow(row);
}

function stepBy(input, by) {
  const value = Math.min(MOST_PRIORITY, Math.max(0, (Number(input.value) || 0) + by));
  input.value = String(value);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function updateNode(row, node) {
  const [, name, memory, cpu] = row.cells;
  const mark = name.querySelector(".badge");
  const trouble = node.lost ? { tone: "warn", text: t("pick.node_gone") } : nodeTrouble(node);
  setAttribute(mark, "hidden", trouble ? null : "");
  if (trouble) setBadge(mark, trouble);
  setText(memory, percent(node.maxmem ? node.mem / node.maxmem : null));
  setText(cpu, percent(node.cpu));
}

function writeNode(row, entry) {
  row.parts.box.checked = Boolean(entry);
  row.parts.priority.value = String(entry?.priority ?? 0);
}

function readNodes({ rows, ranked }) {
  return [...rows.children]
    .filter((row) => row.parts.box.checked)
    .map(({ dataset, parts }) => ({
      node: dataset.key,
      priority: ranked ? Number(parts.priority.value) : 0,
    }));
}

/** Whether every ticked node's priority is a whole number in range. */
function nodesValid(rows) {
  return [...rows.children].every((row) => {
    const { box, priority } = row.parts;
    const good =
      !box.checked ||
      (/^\d{1,4}$/.test(priority.value.trim()) && Number(priority.value) <= MOST_PRIORITY);
    setAttribute(priority, "aria-invalid", good ? null : "true");
    return good;
  });
}
