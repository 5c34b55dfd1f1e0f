/** A field above a long list: what is typed narrows the list to the rows in which every word occurs. */

import { html, type TemplateResult } from "lit/html.js";
import { live } from "lit/directives/live.js";

import { redraw } from "../core/draw.js";
import { t } from "../words/i18n.js";

/** What a list is narrowed by. */
export class Filter {
  text = "";
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  get words(): string[] {
    return this.text.toLowerCase().split(/\s+/).filter(Boolean);
  }

  /** Look for something else. */
  set(text: string): void {
    this.text = text;
    redraw();
  }

  /** The items that are found, and those that stay all the same. */
  narrow<T>(items: T[], textOf: (item: T) => string, stays: (item: T) => boolean): T[] {
    const { words } = this;
    if (!words.length) return items;
    return items.filter((item) => stays(item) || isFound(textOf(item), words));
  }

  /** How many of the items are found, in words; "" while nothing is looked for. */
  told<T>(items: T[], textOf: (item: T) => string): string {
    const { words } = this;
    if (!words.length) return "";
    const found = items.filter((item) => isFound(textOf(item), words)).length;
    const told = t("filter.found", { found, all: items.length });
    return found ? told : `${told} · ${t("filter.nothing")}`;
  }

  /** The field; inside a form, looking is not typing into it, and Enter does not send it. */
  view(key = ""): TemplateResult {
    const take = (event: Event) => {
      event.stopPropagation();
      this.set((event.target as HTMLInputElement).value);
    };
    const hold = (event: KeyboardEvent) => {
      if (event.key === "Enter") event.preventDefault();
    };
    const mark = key ? html`<kbd aria-hidden="true">${key}</kbd>` : null;
    return html`<span class="search"><input type="search" id=${this.id} .value=${live(this.text)} aria-label=${t("filter.label")} placeholder=${t("filter.hint")} autocapitalize="none" autocomplete="off" spellcheck="false" @input=${take} @change=${(event: Event) => event.stopPropagation()} @keydown=${hold} />${mark}</span>`;
  }
}

function isFound(text: string, words: string[]): boolean {
  const low = text.toLowerCase();
  return words.every((word) => low.includes(word));
}
