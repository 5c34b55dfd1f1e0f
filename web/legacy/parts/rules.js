/** Part 3: the two cards of affinity rules, folded together. */

import { note } from "../announce.js";
import { write } from "../api.js";
import { allow, badge, h, icon, setAttribute, setBadge, setShown, setText } from "../dom.js";
import { messageNodes, wordError, wordMessage } from "../errors.js";
import { openRuleForm } from "../forms/rule-form.js";
import { openRuleRemoval } from "../forms/rule-removal.js";
import { hindrance, mayWrite, tellHindrance } from "../hindrance.js";
import { t, tn } from "../i18n.js";
import { patchRows } from "../keyed.js";
import { makePart } from "../part.js";
import * as preferences from "../preferences.js";
import { conflictsOf } from "../rules/conflicts.js";
import { conflictSentence, ruleErrors } from "../rules/sentences.js";
import { isIdle, memberText, nodeTexts, policyWord } from "../rules/texts.js";
import { asRow } from "../stacking.js";
import { ruleOf, state } from "../store.js";
import { refresh } from "../stream.js";
import { updateGroups } from "./groups.js";

const TYPES = ["node-affinity", "resource-affinity"];

/** Set the part up; answers its `update` and `tick`. */
export function makeRulesPart(section) {
  const part = makePart(section, { source: "rules", isEmpty: () => false });
  wireFold(part.slot("fold"), part.slot("folded"));
  const cards = TYPES.map((type) =>
    makeCard(part.section.querySelector(`[data-rules="${type}"]`), type),
  );
  const update = () => {
    part.update();
    if (!state.snapshot) return;
    const supported = state.snapshot.cluster.rules_supported;
    setShown(part.slot("pair"), supported);
    updateGroups(part.slot, state.snapshot.cluster);
    tellHindrance(part.slot("forbidden"));
    if (supported) cards.forEach(updateCard);
  };
  return { update, tick: part.tick };
}

function wireFold(button, body) {
  const show = (open) => {
    button.setAttribute("aria-expanded", String(open));
    setShown(body, open);
  };
  show(preferences.unfolded("rules", true));
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") !== "true";
    preferences.rememberUnfolded("rules", open);
    show(open);
  });
}

function makeCard(element, type) {
  const slot = (name) => element.querySelector(`[data-slot="${name}"]`);
  slot("add").addEventListener("click", () => openRuleForm(type, null));
  return { element, type, slot };
}

function updateCard({ type, slot }) {
  const rules = state.snapshot.rules.filter((rule) => rule.type === type);
  setText(slot("count"), tn("rules.count", rules.length));
  setShown(slot("empty"), rules.length === 0);
  allow(slot("add"), mayWrite(), forbidden());
  patchRows(slot("rows"), rules.flatMap(withDetail), rowCare);
}

function forbidden() {
  return hindrance() ? document.querySelector("#rules-forbidden") : null;
}

/** A rule, and below it, where the cluster has something against it, what that is. */
function withDetail(rule) {
  const errors = ruleErrors(rule, state.snapshot);
  return errors.sentences.length
    ? [
        { rule, errors },
        { rule, errors, detail: true },
      ]
    : [{ rule, errors }];
}

const rowCare = {
  key: ({ rule, detail }) => `${rule.rule}${detail ? " detail" : ""}`,
  build: (item) =>
    asRow(item.detail ? h("tr", { class: "detail" }, h("td", { colspan: 6 })) : buildRow(item.rule)),
  update: (row, item) => (item.detail ? updateDetail(row, item) : updateRow(row, item)),
};

function buildRow(rule) {
  const name = rule.rule;
  const toggle = h("input", { type: "checkbox", role: "switch", class: "switch" });
  toggle.addEventListener("change", () => setEnabled(name, toggle));
  const action = (image, deed, kind) =>
    h(
      "button",
      { type: "button", class: "button bare small", data: { kind }, onclick: deed },
      icon(image),
    );
  const edit = action("edit", () => openRuleForm(ruleOf(name).type, ruleOf(name)), "edit");
  const remove = action("remove", () => openRuleRemoval(ruleOf(name)), "remove");
  const mark = badge("bad");
  const idle = badge("warn");
  const policy = badge();
  const comment = h("span", { class: "comment" });
  const isNode = rule.type === "node-affinity";
  const row = h(
    "tr",
    {},
    h(
      "th",
      { scope: "row", class: "at-name" },
      h("span", { class: "badges" }, h("span", {}, name), mark, idle),
      comment,
    ),
    h("td", { class: "at-resources" }, h("ul", {})),
    isNode ? h("td", { class: "at-nodes" }, h("ul", {})) : null,
    h("td", { class: "at-policy" }, policy),
    h("td", { class: "at-use" }, toggle),
    h("td", { class: "at-actions" }, h("span", { class: "row-actions" }, edit, remove)),
  );
  row.parts = { toggle, edit, remove, mark, idle, comment, policy };
  return row;
}

function updateRow(row, { rule, errors }) {
  const { toggle, edit, remove, mark, idle, comment, policy } = row.parts;
  row.classList.toggle("is-off", rule.disabled);
  if (toggle.getAttribute("aria-busy") !== "true") toggle.checked = !rule.disabled;
  for (const [button, key] of [
    [toggle, "rule.use"],
    [edit, "rule.edit"],
    [remove, "rule.remove"],
  ]) {
    setAttribute(button, "aria-label", t(key, { rule: rule.rule }));
    allow(button, mayWrite(), forbidden());
  }
  const isWithoutEffect = isIdle(rule);
  setAttribute(mark, "hidden", errors.sentences.length && !isWithoutEffect ? null : "");
  setText(mark, t("rule.conflict"));
  setAttribute(idle, "hidden", isWithoutEffect ? null : "");
  setText(idle, t("rule.no_effect"));
  setText(comment, rule.comment ?? "");
  setAttribute(comment, "title", rule.comment || null);
  const lists = row.querySelectorAll("ul");
  patchRows(lists[0], withCommas(rule.resources.map(memberText)), wordCare);
  if (lists[1]) patchRows(lists[1], withCommas(nodeTexts(rule)), wordCare);
  setBadge(policy, policyWord(rule));
}

/** Words as a list: each but the last with a comma. */
function withCommas(words) {
  return words.map((word, index) => (index < words.length - 1 ? `${word},` : word));
}

const wordCare = {
  key: (word) => word,
  build: () => h("li", { class: "number" }),
  update: (item, word) => setText(item, word),
};

function updateDetail(row, { errors }) {
  const said = errors.sentences.join("\n");
  if (row.dataset.said === said) return;
  row.dataset.said = said;
  const own = errors.own.join("; ");
  const lines = errors.sentences.map((sentence) => h("p", {}, sentence));
  row.firstElementChild.replaceChildren(
    ...lines.slice(0, -1),
    h("div", {}, messageNodes(errors.sentences.at(-1), own)),
  );
}

async function setEnabled(name, toggle) {
  const rule = ruleOf(name);
  const disabled = !toggle.checked;
  const { errors: _errors, order: _order, ...body } = rule;
  toggle.setAttribute("aria-busy", "true");
  try {
    await write("PUT", `/api/rules/${encodeURIComponent(name)}`, { ...body, disabled });
    note(t(disabled ? "rule.switched_off" : "rule.switched_on", { rule: name }));
    refresh().catch(() => {});
  } catch (error) {
    toggle.checked = !ruleOf(name)?.disabled;
    note(
      t("rule.switch_failed", { rule: name, words: reasonOf(error, { ...rule, disabled }) }),
      "warn",
    );
  } finally {
    toggle.removeAttribute("aria-busy");
  }
}

/** Why the cluster refused: by name where the snapshot shows it, else in the cluster's words. */
function reasonOf(error, rule) {
  const nodes = state.snapshot.nodes.map((node) => node.name);
  const named = conflictsOf(rule, state.snapshot.rules, nodes).map(conflictSentence);
  const texts = Object.values(error.fields ?? {}).map((text) => wordMessage(text) ?? text);
  return (named.length ? named : [wordError(error), ...texts]).join(" ");
}
