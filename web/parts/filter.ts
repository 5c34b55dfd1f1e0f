/** A field above a long list: what is typed narrows the list to the rows in which every word occurs. */

import { html, type TemplateResult } from "lit/html.js";
import { live } from "lit/directives/live.js";

import { redraw } from "../core/draw.js";
import { locale } from "../core/preferences.js";
import { t } from "../words/i18n.js";

/** What a list is narrowed by. */
export class Filter {
  text = "";
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  /** What each item is found by, and in which language. */
  #texts = new WeakMap<object, string>();
  #locale = "";
  /** What was found last: two ask for the same. */
  #last: { items: unknown; text: string; found: Set<unknown> } | null = null;

  /** Look for something else. */
  set(text: string): void {
    this.text = text;
    redraw();
  }

  /** The items that are found, and those that stay all the same. */
  narrow<T extends object>(items: T[], textOf: (item: T) => string, stays: (item: T) => boolean): T[] {
    if (!this.text.trim()) return items;
    const found = this.#found(items, textOf);
    return items.filter((item) => found.has(item) || stays(item));
  }

  /** How many of the items are found, in words; "" while nothing is looked for. */
  told<T extends object>(items: T[], textOf: (item: T) => string): string {
    if (!this.text.trim()) return "";
    const found = this.#found(items, textOf).size;
    const told = t("filter.found", { found, all: items.length });
    return found ? told : `${told} · ${t("filter.nothing")}`;
  }

  #found<T extends object>(items: T[], textOf: (item: T) => string): Set<unknown> {
    if (this.#locale !== locale()) {
      this.#texts = new WeakMap();
      this.#last = null;
      this.#locale = locale();
    }
    if (this.#last?.items === items && this.#last.text === this.text) return this.#last.found;
    const words = this.text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = new Set(items.filter((item) => words.every((word) => this.#textOf(item, textOf).includes(word))));
    this.#last = { items, text: this.text, found };
    return found;
  }

  #textOf<T extends object>(item: T, textOf: (item: T) => string): string {
    let text = this.#texts.get(item);
    if (text === undefined) this.#texts.set(item, (text = textOf(item).toLowerCase()));
    return text;
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
