/** A field above a long list: what is typed narrows the list to the rows in which every word occurs. */

import { freshId, h, setShown, setText } from "./dom.js";
import { t } from "./i18n.js";

/** The longest list that is looked through at a glance. */
const AT_A_GLANCE = 15;

/**
 * Take an element with a search field as the filter of a list.
 * @param {HTMLElement} element
 * @param {{textOf: function, stays: function, onChange: function}} how `textOf` is what an item is
 *   found by; an item that `stays` is shown whether it is found or not
 */
export function makeFilter(element, { textOf, stays, onChange }) {
  const input = element.querySelector("input");
  const [told, nothing] = element.querySelectorAll("[role=status] > *");
  input.addEventListener("input", (event) => {
    // Inside a form: looking is not typing into it, and Enter does not send it.
    event.stopPropagation();
    onChange();
  });
  input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  return {
    /** The items to show. */
    narrow(items) {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const isFound = (item) => {
        const text = textOf(item).toLowerCase();
        return words.every((word) => text.includes(word));
      };
      const found = items.filter(isFound).length;
      const isUsed = words.length > 0 || input === document.activeElement;
      setShown(element, items.length > AT_A_GLANCE || isUsed);
      setText(told, words.length ? t("filter.found", { found, all: items.length }) : "");
      setText(nothing, words.length && !found ? t("filter.nothing") : "");
      return words.length ? items.filter((item) => stays(item) || isFound(item)) : items;
    },
  };
}

/** An element for `makeFilter`, for lists that are made here. */
export function filterElement() {
  const id = freshId("filter");
  const hint = `${id}-hint`;
  const input = { type: "search", id, autocapitalize: "none", "aria-describedby": hint };
  return h(
    "div",
    { class: "filter", hidden: true },
    h("label", { for: id }, t("filter.label")),
    h("input", { ...input, autocomplete: "off", spellcheck: "false" }),
    h("span", { class: "faint", id: hint }, t("filter.hint")),
    h("span", { class: "soft", role: "status" }, h("span"), " ", h("strong")),
  );
}
