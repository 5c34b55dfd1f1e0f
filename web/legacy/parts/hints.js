/** What the operator should know of the resources: states that are old, too few votes, the way out of an error. */

import { note } from "../announce.js";
import { write } from "../api.js";
import { allow, h, setText } from "../dom.js";
import { wordError } from "../errors.js";
import { openResourceForm } from "../forms/resource-form.js";
import { hindrance, mayWrite } from "../hindrance.js";
import { t } from "../i18n.js";
import { doubt, doubtSentence } from "../knowledge.js";
import { nameOf, resourceName } from "../names.js";
import * as preferences from "../preferences.js";
import { resourceOf, seesGuests } from "../store.js";
import { refresh } from "../stream.js";
import { requestOf } from "../words.js";

/** The hints of a snapshot: {key, kind, tone, values}, those of one resource with it. */
export function hintsOf(snapshot) {
  const { cluster, nodes, resources } = snapshot;
  const found = [];
  const doubted = resources.length ? doubt(snapshot) : null;
  if (doubted) found.push({ key: "last_known", kind: "last_known", tone: "warn", doubted });
  if (resources.length && !seesGuests()) {
    found.push({ key: "guests_hidden", kind: "guests_hidden", tone: "info" });
  }
  const votes = cluster.votes ?? nodes.length;
  if (votes > 0 && votes < 3) found.push({ key: "votes", kind: "votes", tone: "warn", votes });
  const mending = inRepair(resources);
  for (const resource of resources) {
    const kind = resource.state === "error" ? "error" : "repair";
    if (!mending.has(resource.sid)) continue;
    found.push({ key: `${kind}:${resource.sid}`, kind, tone: TONES[kind], resource });
  }
  return found;
}

const TONES = { error: "bad", repair: "warn" };

/** The resources in error, and those that were and are disabled until their cause is mended. */
function inRepair(resources) {
  const before = preferences.inRepair();
  const now = resources
    .filter(
      (resource) =>
        resource.state === "error" ||
        (before.includes(resource.sid) && requestOf(resource) === "disabled"),
    )
    .map((resource) => resource.sid);
  if (now.join() !== before.join()) preferences.rememberInRepair(now);
  return new Set(now);
}

/** How a hint is drawn: what it is, what to do, and the button that does it. */
export const hintCare = { key: (hint) => hint.key, build: buildHint, update: updateHint };

const DEEDS = { error: openRepair, repair: startAgain };

function buildHint({ kind, tone, resource }) {
  const text = h("div", { class: "box-text" }, h("p", {}, h("strong")), h("p"));
  const deed = () => DEEDS[kind](resource.sid);
  const button = resource
    ? h("button", { type: "button", class: "button small", onclick: deed })
    : null;
  return h("div", { class: "box", data: { tone } }, text, button);
}

function updateHint(element, { kind, votes, doubted, resource }) {
  const [head, text] = element.firstElementChild.children;
  if (doubted) return setText(head.firstElementChild, doubtSentence(doubted));
  const values = { votes, name: resource ? resourceName(resource) : "" };
  setText(head.firstElementChild, t(`warning.${kind}.head`, values));
  const failed = resource?.failed_nodes ?? [];
  const where = failed.length ? t("warning.error.failed_nodes", { nodes: failed.join(", ") }) : "";
  setText(text, [t(`warning.${kind}.text`, values), where].filter(Boolean).join(" "));
  const button = element.querySelector("button");
  if (!button) return null;
  setText(button, t(kind === "error" ? "resources.repair" : "resources.start_again"));
  return allow(button, mayWrite(), hindrance() ? document.querySelector("#resources-forbidden") : null);
}

function openRepair(sid) {
  const resource = resourceOf(sid);
  if (resource) openResourceForm(resource, { state: "disabled" });
}

/** Ask for the resource to run again, now that its cause is mended. */
async function startAgain(sid) {
  const name = nameOf(sid);
  try {
    await write("PUT", `/api/resources/${encodeURIComponent(sid)}`, { state: "started" });
    note(t("resource.started_again", { name }));
    refresh().catch(() => {});
  } catch (error) {
    note([`${name}:`, wordError(error), error.words].filter(Boolean).join(" "), "warn");
  }
}
