/** The list of keys. */

import { html, type TemplateResult } from "lit/html.js";

import { openDialog } from "../forms/dialog.js";
import { t } from "../words/i18n.js";

const KEYS = ["search", "walk", "edit", "move", "why", "remove", "many", "clear", "go", "list"];

/** The keys, and what each does. */
export function keysView(): TemplateResult {
  const line = (name: string) => {
    const marks = t(`keys.${name}.keys`).split(" ");
    return html`<dt>${marks.map((mark) => html`<kbd>${mark}</kbd> `)}</dt>
      <dd>${t(`keys.${name}`)}</dd>`;
  };
  return html`<dl class="keys">${KEYS.map(line)}</dl>`;
}

/** Show them. */
export function openKeys(): void {
  openDialog({
    title: t("keys.title"),
    size: "slim",
    body: keysView,
    submit: { label: t("close") },
    onSubmit: () => true,
  });
}
