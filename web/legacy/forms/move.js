/** The dialog that moves a resource to another node, running or by stop and start. */

import { note } from "../announce.js";
import { write } from "../api.js";
import { h, setAttribute, setText } from "../dom.js";
import { openDialog } from "../dialog.js";
import { freshId } from "../dom.js";
import { makeField, makeSelect } from "../fields.js";
import { list, percent, t } from "../i18n.js";
import { patchRows } from "../keyed.js";
import { nameOf, resourceName } from "../names.js";
import { moveConsequences } from "../rules/moves.js";
import { resourceOf, state, subscribe } from "../store.js";
import { refresh } from "../stream.js";
import { nodeTrouble } from "../words.js";

/** Open the dialog. */
export function openMove(resource) {
  const node = makeField({
    label: t("move.node"),
    control: makeSelect([["", t("move.node.choose")]], ""),
  });
  const how = howChoice(resource);
  const form = { resource, node, how };
  form.control = openDialog({
    title: t("move.title", { name: resourceName(resource) }),
    size: "slim",
    body: [
      h("p", { class: "soft" }, t("move.from", { node: resource.node ?? "–" })),
      node.root,
      how.root,
    ],
    submit: { label: t("move") },
    writes: true,
    fields: { node, how },
    onSubmit: () => move(form),
    onClose: subscribe(() => follow(form)),
  });
  node.control.addEventListener("change", () => follow(form));
  follow(form);
}

function howChoice(resource) {
  const name = freshId("how");
  const choice = (value, checked) => {
    const id = freshId("choice");
    const key = value === "migrate" && resource.type === "ct" ? "move.migrate.ct" : `move.${value}`;
    return h(
      "div",
      { class: "choice" },
      h("input", { type: "radio", name, id, value, checked, "aria-describedby": `${id}-hint` }),
      h("label", { for: id }, t(`move.${value}.label`)),
      h("p", { class: "hint", id: `${id}-hint` }, t(`${key}.hint`)),
    );
  };
  const root = h(
    "fieldset",
    { class: "choices" },
    h("legend", {}, t("move.how")),
    choice("migrate", true),
    choice("relocate", false),
  );
  return {
    root,
    control: root.querySelector("input"),
    setError: () => {},
    read: () => root.querySelector("input:checked").value,
  };
}

function follow(form) {
  const resource = resourceOf(form.resource.sid);
  const name = resourceName(form.resource);
  const targets = state.snapshot.nodes.filter(
    (one) => one.name !== (resource ?? form.resource).node,
  );
  patchRows(form.node.control, [{ name: "" }, ...targets], optionCare);
  const target = form.node.control.value;
  if (target && !targets.some((one) => one.name === target)) form.node.control.value = "";
  const lines = resource ? [] : [t("resource.gone", { name })];
  if (resource?.state === "error") lines.push(t("form.in_error"));
  if (resource && target) lines.push(...moveConsequences(resource, target, state.snapshot));
  form.control?.tell(lines);
  form.control?.setReady(Boolean(resource && form.node.control.value));
}

const optionCare = {
  key: (node) => node.name,
  build: (node) => h("option", { value: node.name }),
  update: (option, node) => {
    if (!node.name) return setText(option, t("move.node.choose"));
    const trouble = nodeTrouble(node);
    setAttribute(option, "disabled", trouble ? "" : null);
    return setText(option, trouble ? `${node.name} · ${trouble.text}` : nodeLine(node));
  },
};

function nodeLine(node) {
  const memory = node.maxmem ? node.mem / node.maxmem : null;
  return t("move.node.line", { node: node.name, memory: percent(memory), cpu: percent(node.cpu) });
}

async function move(form) {
  const node = form.node.control.value;
  const path = `/api/resources/${encodeURIComponent(form.resource.sid)}/move`;
  const answer = await write("POST", path, { node, how: form.how.read() });
  tellOutcome(form.resource, node, answer ?? {});
  refresh().catch(() => {});
}

/** Say what the cluster made of it: moves along, or a rule that stands in the way. */
function tellOutcome(resource, node, answer) {
  const name = resourceName(resource);
  const causes = answer.blocking ?? [];
  if (causes.some((one) => one.cause === "node-affinity")) {
    note(t("move.blocked.node_affinity", { name, node }), "warn");
    return;
  }
  const blocking = list(causes.map((one) => nameOf(one.sid)));
  const along = list((answer.comigrated ?? []).map(nameOf));
  if (blocking) note(t("move.blocked", { name, node, others: blocking }), "warn");
  else if (along) note(t("move.along", { name, node, others: along }));
  else note(t("move.asked", { name, node }));
}
