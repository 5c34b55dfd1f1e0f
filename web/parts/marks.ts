/** Many resources marked for the same change; beside that one is chosen, as ever. */

import { html, type TemplateResult } from "lit/html.js";
import { live } from "lit/directives/live.js";

import { redraw } from "../core/draw.js";
import { hindrance, mayWrite } from "../core/hindrance.js";
import { configuredOf, resourceOf, state, subscribe } from "../core/store.js";
import { openBulk } from "../forms/bulk.js";
import type { Resource } from "../model.js";
import { t, tn } from "../words/i18n.js";
import { resourceName } from "../words/names.js";

let isOn = false;
let marked = new Set<string>();
/** What is listed, in its order; and what was marked last, from where a range begins. */
let rows: Resource[] = [];
let lastMarked: string | null = null;

subscribe((names) => {
  if (!names.includes("snapshot") || !state.snapshot || !marked.size) return;
  marked = new Set([...marked].filter((sid) => resourceOf(sid)));
});

/** Whether many are marked in the place of one that is chosen. */
export function marksMany(): boolean {
  return isOn;
}

/** Whether a resource is marked. */
export function isMarked(sid: string): boolean {
  return marked.has(sid);
}

/** Begin to mark many, or end it and forget the marks. */
export function markMany(on: boolean): void {
  isOn = on;
  marked = new Set();
  lastMarked = null;
  redraw();
}

/** Tell what is listed: a range and "all" mean that. */
export function listed(resources: Resource[]): void {
  rows = resources;
}

function sids(): string[] {
  return rows.map(({ sid }) => sid);
}

function mark(sid: string, on: boolean, isRange: boolean): void {
  const shown = sids();
  const [from, to] = [shown.indexOf(lastMarked ?? sid), shown.indexOf(sid)].sort((one, other) => one - other);
  const meant = isRange && from !== undefined && from >= 0 ? shown.slice(from, (to ?? 0) + 1) : [sid];
  for (const one of meant) {
    if (on) marked.add(one);
    else marked.delete(one);
  }
  lastMarked = sid;
  redraw();
}

/** The box of a row. */
export function markView(resource: Resource): TemplateResult {
  const { sid } = resource;
  const label = t("resources.mark_one", { name: resourceName(resource) });
  const click = (event: MouseEvent) => mark(sid, (event.target as HTMLInputElement).checked, event.shiftKey);
  return html`<input type="checkbox" value=${sid} .checked=${live(marked.has(sid))} aria-label=${label} @click=${click} />`;
}

/** The box of the column's head: everything that is listed, or nothing. */
export function markAllView(): TemplateResult {
  const shown = sids();
  const all = shown.length > 0 && shown.every((sid) => marked.has(sid));
  const toggle = () => {
    marked = new Set(all ? [] : shown);
    redraw();
  };
  return html`<input type="checkbox" .checked=${live(all)} .indeterminate=${live(!all && marked.size > 0)} aria-label=${t("resources.mark_all")} @click=${toggle} />`;
}

/** The button that begins and ends marking. */
export function marksToggle(): TemplateResult {
  return html`<button type="button" class="button toggle" aria-pressed=${isOn ? "true" : "false"} @click=${() => markMany(!isOn)}>${t("resources.many")}</button>`;
}

/** What is told of the marks, and the one button for all of them. */
export function marksTools(): TemplateResult {
  const why = hindrance();
  const meant = sids().filter((sid) => marked.has(sid));
  const open = () => openBulk(meant.filter(configuredOf), (left) => {
    marked = new Set(left);
    redraw();
  });
  return html`<span class="small soft marks-told" id="resources-choice" role="status">${tn("resources.marked", meant.length)}</span>
    <button type="button" class="button" ?disabled=${!meant.length || !mayWrite()} title=${why} aria-describedby="resources-choice" @click=${open}>${t("bulk.open")}</button>`;
}
