/** HA groups, which older versions have in the place of rules: read-only, as the rules that they become. */

import { badge, h, setAttribute, setBadge, setShown, setText } from "../dom.js";
import { t } from "../i18n.js";
import { patchRows } from "../keyed.js";
import { nameOf } from "../names.js";
import { nodeTexts, policyWord } from "../rules/texts.js";
import { asRow } from "../stacking.js";

/** Show a cluster's groups, where there are any or nothing else is known. */
export function updateGroups(slot, { groups = [], rules_supported: supported }) {
  setShown(slot("groups"), groups.length > 0 || !supported);
  setText(slot("groups-why"), t(supported ? "groups.waiting" : "groups.why"));
  patchRows(slot("group-rows"), groups, groupCare);
}

const groupCare = {
  key: (group) => group.group,
  build: buildGroup,
  update: updateGroup,
};

function buildGroup() {
  const name = h("span", {});
  const comment = h("span", { class: "comment" });
  const rule = h("span", { class: "strong" });
  const note = h("span", { class: "cell-note" });
  const becomes = badge("info");
  const failback = badge();
  const policy = badge();
  const row = h(
    "tr",
    {},
    h("th", { scope: "row", class: "at-name" }, name, comment),
    h("td", { class: "at-becomes" }, h("span", { class: "badges" }, rule, becomes, note)),
    h("td", { class: "at-resources" }),
    h("td", { class: "at-nodes" }),
    h("td", { class: "at-policy" }, h("span", { class: "badges" }, policy, failback)),
  );
  row.parts = { name, comment, rule, note, becomes, failback, policy };
  return asRow(row);
}

function updateGroup(row, group) {
  const { name, comment, rule, note, becomes, failback, policy } = row.parts;
  const [, , resources, nodes] = row.cells;
  const future = group.rule ?? null;
  setText(name, group.group);
  setText(comment, group.comment ?? "");
  setText(rule, future?.rule ?? "–");
  setBadge(becomes, { tone: "info", text: t("groups.becomes") });
  setAttribute(becomes, "hidden", future ? null : "");
  setText(note, future ? "" : t("groups.vanishes"));
  setText(resources, future?.resources.map(nameOf).join(", ") ?? "–");
  setText(nodes, nodeTexts(group).join(", "));
  setBadge(policy, policyWord({ type: "node-affinity", strict: group.restricted }));
  setBadge(failback, { tone: "idle", text: t("groups.nofailback") });
  setAttribute(failback, "hidden", group.nofailback ? null : "");
}
