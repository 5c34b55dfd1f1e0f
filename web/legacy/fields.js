/** Fields of forms: a label, its control, a hint, help that unfolds below, and room for what is wrong. */

import { freshId, h, setAttribute, setShown, setText } from "./dom.js";
import { has, t } from "./i18n.js";

/** Points of a help text, from the catalogue: `key` is their title, `key.1`, `key.2` ... what they say. */
export function points(key) {
  const lines = [];
  while (has(`${key}.${lines.length + 1}`)) lines.push(t(`${key}.${lines.length + 1}`));
  return [
    h("p", {}, h("strong", {}, t(key))),
    h(
      "ul",
      {},
      lines.map((line) => h("li", {}, line)),
    ),
  ];
}

/** A "?" that unfolds a text or nodes below, for mouse, finger and keyboard alike. */
export function helpFor(label, help) {
  const id = freshId("help");
  const body = h("div", { class: "help", id, hidden: true }, help);
  const mark = h(
    "button",
    {
      type: "button",
      class: "help-mark",
      "aria-expanded": "false",
      "aria-controls": id,
      "aria-label": t("help", { label }),
      onclick: () => {
        setShown(body, body.hidden);
        mark.setAttribute("aria-expanded", String(!body.hidden));
      },
    },
    "?",
  );
  return { mark, body };
}

/**
 * A field around a control.
 * @param {{label: string, control: HTMLElement, hint?: string, help?: string | Node[]}} what
 */
export function makeField({ label, control, hint = "", help = null }) {
  control.id ||= freshId("field");
  const assist = help ? helpFor(label, help) : null;
  const parts = messages(control, hint);
  const isCheck = control.type === "checkbox";
  const name = h("label", { for: control.id }, label);
  const head = h(
    "div",
    { class: isCheck ? "field-check" : "field-head" },
    isCheck ? control : null,
    name,
    assist?.mark,
  );
  const root = h(
    "div",
    { class: "field" },
    head,
    isCheck ? null : control,
    parts.hint,
    parts.error,
    assist?.body,
  );
  return { root, control, ...actions(control, parts) };
}

/** The field's hint and error, tied to its control for screen readers. */
function messages(control, text) {
  const hint = h("p", { class: "hint", id: `${control.id}-hint`, hidden: !text }, text);
  const error = h("div", { class: "field-error", id: `${control.id}-error`, hidden: true });
  control.setAttribute("aria-describedby", `${hint.id} ${error.id}`);
  return { hint, error };
}

function actions(control, { hint, error }) {
  return {
    /** Change the hint. */
    setHint(text, tone = "") {
      setText(hint, text);
      setShown(hint, Boolean(text));
      hint.dataset.tone = tone;
    },
    /** Say what is wrong with the field: a text, nodes, or null when nothing is. */
    setError(content) {
      const nodes = typeof content === "string" ? [h("span", {}, content)] : content;
      if (error.textContent !== textOf(nodes)) error.replaceChildren(...(nodes ?? []));
      setShown(error, Boolean(nodes));
      setAttribute(control, "aria-invalid", nodes ? "true" : null);
    },
  };
}

function textOf(nodes) {
  return (nodes ?? []).map((node) => node.textContent).join("");
}

/** A select over [value, text] pairs. */
export function makeSelect(options, value) {
  const select = h(
    "select",
    {},
    options.map(([name, text]) => h("option", { value: name }, text)),
  );
  select.value = value;
  return select;
}

/** A whole number of zero or more from an input, or null. */
export function wholeNumber(input) {
  const text = input.value.trim();
  return /^\d{1,6}$/.test(text) ? Number(text) : null;
}
