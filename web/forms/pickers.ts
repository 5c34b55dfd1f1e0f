/** The two tables of the rule forms: resources to tick, and nodes to tick with a priority. */

import { html, nothing, type TemplateResult } from "lit/html.js";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";

import { state } from "../core/store.js";
import type { Node, Priority, Resource } from "../model.js";
import { Filter } from "../parts/filter.js";
import { pill } from "../parts/pill.js";
import { percent, t } from "../words/i18n.js";
import { resourceName, typeName } from "../words/names.js";
import { nodeTrouble, resourceState, searchText, type Word } from "../words/states.js";

const MOST_PRIORITY = 1000;
/** The longest list that is looked through at a glance. */
const AT_A_GLANCE = 15;

function table(label: string, headings: string[], kind: string, rows: unknown): TemplateResult {
  const head = headings.map((text) =>
    text
      ? html`<th scope="col">${text}</th>`
      : html`<td><span class="unseen">${t("pick.column")}</span></td>`,
  );
  return html`<div class="pick" role="group" aria-label=${label} tabindex="0">
    <table class=${kind} aria-label=${label}>
      <thead>
        <tr>${head}</tr>
      </thead>
      <tbody>${rows}</tbody>
    </table>
  </div>`;
}

function tickByRow(event: Event): void {
  const row = event.currentTarget as HTMLElement;
  const box = row.querySelector<HTMLInputElement>("input[type=checkbox]");
  const isControl = (event.target as HTMLElement).closest("input, button");
  if (!isControl && box && !box.disabled) box.click();
}

type Listed = Pick<Resource, "sid" | "type" | "name" | "node" | "state"> & { isLost?: boolean };

/** A table of HA resources to tick. */
export class ResourcePicker {
  readonly #filter: Filter;

  constructor(id: string) {
    this.#filter = new Filter(`${id}-filter`);
  }

  view(chosen: string[], onChange: (sids: string[]) => void): TemplateResult {
    const items = listedResources(chosen);
    const wanted = new Set(chosen);
    const textOf = (item: Listed) => searchText(item as Resource);
    const shown = this.#filter.narrow(items, textOf, ({ sid }) => wanted.has(sid));
    const toggle = (sid: string, isTicked: boolean) => {
      const next = new Set(wanted);
      if (isTicked) next.add(sid);
      else next.delete(sid);
      onChange([...next].sort());
    };
    const headings = ["", "ID", ...["name", "node", "state", "kind"].map((key) => t(`column.${key}`))];
    const rows = repeat(
      shown,
      (item) => item.sid,
      (item) => resourceRow(item, wanted.has(item.sid), toggle),
    );
    const isLong = items.length > AT_A_GLANCE || this.#filter.text !== "";
    const told = html`<span class="soft small" role="status">${this.#filter.told(items, textOf)}</span>`;
    const search = html`<div class="pick-filter">${this.#filter.view()}${told}</div>`;
    return html`${isLong ? search : nothing}${table(t("rule.resources"), headings, "picks", rows)}`;
  }
}

/** The resources under HA, then those that the rule names although they are not, so they can be unticked. */
function listedResources(chosen: string[]): Listed[] {
  const managed: Listed[] = state.snapshot?.resources ?? [];
  const known = new Set(managed.map((resource) => resource.sid));
  const lost = chosen.filter((sid) => !known.has(sid)).sort();
  const blank = { type: "", name: null, node: null, state: null };
  return [...managed, ...lost.map((sid) => ({ sid, ...blank, isLost: true }))];
}

function resourceRow(
  item: Listed,
  isTicked: boolean,
  toggle: (sid: string, isTicked: boolean) => void,
): TemplateResult {
  const { sid, type, name, node, isLost = false } = item;
  const word: Word = isLost ? { tone: "warn", text: t("pick.unmanaged") } : resourceState(item.state);
  const take = (event: Event) => toggle(sid, (event.target as HTMLInputElement).checked);
  const id = isLost ? sid : (sid.split(":")[1] ?? sid);
  return html`<tr @click=${tickByRow}>
    <td class="at-choice"><input type="checkbox" value=${sid} .checked=${live(isTicked)} aria-label=${resourceName(item)} @change=${take} /></td>
    <th scope="row" class="number">${id}</th>
    <td>${name ?? "–"}</td>
    <td>${node ?? "–"}</td>
    <td>${pill(word)}</td>
    <td>${isLost ? "–" : typeName(type)}</td>
  </tr>`;
}

/** A ticked node as it is typed. */
export interface TypedPriority {
  node: string;
  priority: string;
}

/** Priorities as they are typed. */
export function typedOf(nodes: Priority[]): TypedPriority[] {
  return nodes.map(({ node, priority }) => ({ node, priority: String(priority) }));
}

/** Whether a priority is a whole number in range. */
export function isPriority(text: string): boolean {
  return /^\d{1,4}$/.test(text.trim()) && Number(text) <= MOST_PRIORITY;
}

interface NodePlan {
  chosen: TypedPriority[];
  /** Whether the nodes have priorities: nodes to avoid have none. */
  isRanked: boolean;
  onChange: (chosen: TypedPriority[]) => void;
}

type ListedNode = Partial<Node> & { name: string; isLost?: boolean };

/** A table of nodes to tick, each with a priority to type or step. */
export function nodePicker(plan: NodePlan): TemplateResult {
  const headings = [
    "",
    ...["node", "memory", "cpu", "priority"].map((key) => t(`column.${key}`)),
  ];
  const rows = repeat(
    listedNodes(plan.chosen),
    (node) => node.name,
    (node) => nodeRow(node, plan),
  );
  return table(t("rule.nodes"), headings, plan.isRanked ? "" : "unranked", rows);
}

/** The cluster's nodes, then those that only the rule still knows. */
function listedNodes(chosen: TypedPriority[]): ListedNode[] {
  const nodes = state.snapshot?.nodes ?? [];
  const known = new Set(nodes.map((node) => node.name));
  const lost = chosen.map((one) => one.node).filter((name) => !known.has(name)).sort();
  return [...nodes, ...lost.map((name) => ({ name, isLost: true }))];
}

function nodeRow(node: ListedNode, plan: NodePlan): TemplateResult {
  const { name, isLost = false } = node;
  const { chosen, isRanked, onChange } = plan;
  const entry = chosen.find((one) => one.node === name);
  const others = chosen.filter((one) => one.node !== name);
  const set = (priority: string | null) => {
    const next = priority === null ? others : [...others, { node: name, priority }];
    onChange(next.sort((a, b) => (a.node < b.node ? -1 : 1)));
  };
  const tick = (event: Event) => set((event.target as HTMLInputElement).checked ? "0" : null);
  const trouble: Word | null = isLost
    ? { tone: "warn", text: t("pick.node_gone") }
    : nodeTrouble(node as Node);
  return html`<tr @click=${tickByRow}>
    <td><input type="checkbox" value=${name} aria-label=${name} .checked=${live(Boolean(entry))} @change=${tick} /></td>
    <th scope="row">${name} ${trouble ? pill(trouble) : nothing}</th>
    <td class="number">${percent(node.maxmem ? (node.mem ?? 0) / node.maxmem : null)}</td>
    <td class="number">${percent(node.cpu)}</td>
    <td>${priorityField(name, entry?.priority ?? "0", isRanked && Boolean(entry), set)}</td>
  </tr>`;
}

function priorityField(
  node: string,
  value: string,
  isChecked: boolean,
  set: (priority: string) => void,
): TemplateResult {
  const isBad = isChecked && !isPriority(value);
  const step = (by: number) =>
    set(String(Math.min(MOST_PRIORITY, Math.max(0, (Number(value) || 0) + by))));
  const button = (sign: string, key: string, by: number) =>
    html`<button type="button" aria-label=${t(key, { node })} @click=${() => step(by)}>${sign}</button>`;
  const take = (event: Event) => set((event.target as HTMLInputElement).value);
  return html`<span class="priority"><input type="number" min="0" max=${MOST_PRIORITY} step="1" .value=${live(value)} aria-label=${t("pick.priority_of", { node })} aria-invalid=${isBad ? "true" : nothing} @input=${take} /><span class="stepper">${button("▲", "pick.raise", 1)}${button("▼", "pick.lower", -1)}</span></span>`;
}
