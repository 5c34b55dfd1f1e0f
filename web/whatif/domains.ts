/** Racks, switches, rooms: nodes that fail together, as they are named here. */

import { html, nothing, type TemplateResult } from "lit/html.js";
import { live } from "lit/directives/live.js";

import { type Domains, keepDomains, knownDomains } from "../core/domains.js";
import { redraw } from "../core/draw.js";
import { mayWrite } from "../core/hindrance.js";
import { state } from "../core/store.js";
import { noteFailure } from "../parts/notes.js";
import { list, t } from "../words/i18n.js";
import { fitView } from "./fit.js";

/** What is typed; `edited` is the domain that it changes. */
let edited: string | null = null;
let typedName = "";
const typedNodes = new Set<string>();

async function save(next: Domains): Promise<void> {
  try {
    await keepDomains(next);
    write(null, "", []);
  } catch (thrown) {
    noteFailure(thrown);
  }
  redraw();
}

function write(name: string | null, typed: string, nodes: string[]): void {
  [edited, typedName] = [name, typed];
  typedNodes.clear();
  for (const node of nodes) typedNodes.add(node);
}

/** The domains, and how many more guests fit. */
export function domainsView(): TemplateResult {
  return html`<section class="card" aria-labelledby="domains-title">
    <header><h2 id="domains-title">${t("domains.title")}</h2></header>
    <div class="inside">
      <p class="soft small">${t("domains.meaning")}</p>
      <ul class="plain">${Object.entries(knownDomains() ?? {}).map(domainView)}</ul>
      ${formView()} ${fitView()}
    </div>
  </section>`;
}

function domainView([name, members]: [string, string[]]): TemplateResult {
  const can = mayWrite();
  const drop = () => void save(without(name));
  const edit = () => {
    write(name, name, members);
    redraw();
    document.querySelector<HTMLElement>("#domain-name")?.focus();
  };
  return html`<li><b>${name}</b> ${list(members)}
    <button type="button" class="button bare small" ?disabled=${!can} aria-label=${t("domains.edit", { name })} @click=${edit}>${t("edit")}</button>
    <button type="button" class="button bare small" ?disabled=${!can} aria-label=${t("domains.drop", { name })} @click=${drop}>${t("remove")}</button></li>`;
}

function without(name: string | null): Domains {
  return Object.fromEntries(Object.entries(knownDomains() ?? {}).filter(([other]) => other !== name));
}

function formView(): TemplateResult {
  const name = typedName.trim();
  const known = knownDomains();
  const isTaken = name !== edited && name in (known ?? {});
  const submit = (event: Event) => {
    event.preventDefault();
    if (known && name && typedNodes.size && !isTaken) void save({ ...without(edited), [name]: [...typedNodes].sort() });
  };
  const take = (event: Event) => {
    typedName = (event.target as HTMLInputElement).value;
    redraw();
  };
  const cancel = () => {
    write(null, "", []);
    redraw();
  };
  const out = html`<button type="button" class="button" @click=${cancel}>${t("cancel")}</button>`;
  // until they are known, what is kept would take the place of all
  const can = mayWrite() && known !== null && Boolean(name) && typedNodes.size > 0 && !isTaken;
  return html`<form class="tools wrap" @submit=${submit}>
    <input type="text" id="domain-name" maxlength="64" aria-label=${t("domains.name")} placeholder=${t("domains.name")} .value=${live(typedName)} @input=${take} aria-invalid=${isTaken ? "true" : nothing} />
    ${(state.snapshot?.nodes ?? []).map((node) => memberView(node.name))}
    <button type="submit" class="button" ?disabled=${!can}>${t(edited === null ? "domains.add" : "save")}</button>
    ${edited === null ? nothing : out}
    <span class="soft small" role=${isTaken ? "alert" : nothing}>${isTaken ? t("domains.taken", { name }) : ""}</span>
  </form>`;
}

function memberView(name: string): TemplateResult {
  const toggle = () => {
    if (!typedNodes.delete(name)) typedNodes.add(name);
    redraw();
  };
  return html`<label class="line"><input type="checkbox" .checked=${live(typedNodes.has(name))} @change=${toggle} /> ${name}</label>`;
}
