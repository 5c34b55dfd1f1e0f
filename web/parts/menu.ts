/** The menu of a row: one for the whole page, beside the button that opened it. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { drawNow, redraw } from "../core/draw.js";
import { t } from "../words/i18n.js";
import { icon } from "./icons.js";

export interface MenuItem {
  label: string;
  /** Why it cannot be chosen now. */
  hindrance?: string;
  isDanger?: boolean;
  deed: () => void;
}

let items: MenuItem[] = [];
let opener: HTMLElement | null = null;
let label = "";

function element(): HTMLElement | null {
  return document.querySelector<HTMLElement>("#menu");
}

/** A button that opens the menu of what `name` names. */
export function menuButton(name: string, itemsOf: () => MenuItem[]): TemplateResult {
  const open = (event: Event) => openMenu(event.currentTarget as HTMLElement, name, itemsOf());
  return html`<button type="button" class="button icon bare menu-button" aria-haspopup="menu" aria-label=${t("menu.of", { name })} @click=${open}>${icon("more")}</button>`;
}

/** Open the menu of what `name` names, beside a button. */
export function openMenu(button: HTMLElement, name: string, wanted: MenuItem[]): void {
  [items, opener, label] = [wanted, button, name];
  drawNow();
  const menu = element();
  if (!menu) return;
  menu.showPopover();
  const { right, bottom, top } = button.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = menu;
  const isLow = bottom + offsetHeight + 4 > innerHeight;
  menu.style.left = `${Math.max(4, right - offsetWidth)}px`;
  menu.style.top = `${isLow ? Math.max(4, top - offsetHeight - 2) : bottom + 2}px`;
  menu.querySelector<HTMLElement>("[role=menuitem]:not(:disabled)")?.focus();
}

function choose(item: MenuItem): void {
  close();
  item.deed();
}

function close(): void {
  element()?.hidePopover();
}

function closed(event: ToggleEvent): void {
  if (event.newState !== "closed") return;
  const isInside = element()?.contains(document.activeElement) || document.activeElement === document.body;
  if (isInside && opener?.isConnected) opener.focus();
  items = [];
  redraw();
}

function walk(event: KeyboardEvent): void {
  const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
  const step = steps[event.key];
  if (event.key === "Tab") close();
  if (step === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  const all = [...(element()?.querySelectorAll<HTMLElement>("[role=menuitem]:not(:disabled)") ?? [])];
  const at = all.indexOf(document.activeElement as HTMLElement);
  all[(at + step + all.length) % all.length]?.focus();
}

/** The menu itself; it is empty while none is open. */
export function menuView(): TemplateResult {
  const item = (one: MenuItem) =>
    html`<button type="button" role="menuitem" class=${one.isDanger ? "danger-word" : ""} ?disabled=${Boolean(one.hindrance)} title=${one.hindrance ?? ""} @click=${() => choose(one)}>${one.label}</button>`;
  return html`<div id="menu" popover role="menu" aria-label=${items.length ? t("menu.of", { name: label }) : nothing} @toggle=${closed} @keydown=${walk}>${items.map(item)}</div>`;
}
