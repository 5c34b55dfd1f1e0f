/** Elements made and changed without a word of HTML: text is always text. */

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  close: "M6 6l12 12M18 6L6 18",
  chevron: "M5 9l7 7 7-7",
  edit: "M4 20h4L19 9l-4-4L4 16v4zM13 7l4 4",
  remove: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  warning: "M12 4L2.5 20h19L12 4zM12 10v5M12 17.6v.4",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 017 0v3",
  flask: "M9 3h6M10 3v6L4.5 19.5h15L14 9V3M7.5 15h9",
  pulse: "M3 13h4l3-8 4 14 3-6h4",
  theme: "M12 3a9 9 0 100 18V3z",
};

/** Make an element: `on…` are listeners, `data` is its dataset, the rest attributes. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) setProperty(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function setProperty(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "data") Object.assign(element.dataset, value);
  else if (name === "value" || name === "checked") element[name] = value;
  else element.setAttribute(name, value === true ? "" : value);
}

/** A small line drawing that screen readers skip. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Set an element's text if it differs, so that nothing flickers and no reader repeats itself. */
export function setText(element, text) {
  const wanted = text ?? "";
  if (element.textContent !== wanted) element.textContent = wanted;
  return element;
}

/** Set or remove an attribute if it differs. */
export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, value);
  }
}

/** Show or hide an element. */
export function setShown(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/** A badge: a word on a colour. */
export function badge(tone = "idle", text = "") {
  return h("span", { class: "badge", data: { tone } }, text);
}

/** Give a badge its word and its colour. */
export function setBadge(element, { tone, text }) {
  if (element.dataset.tone !== tone) element.dataset.tone = tone;
  setText(element, text);
}

let serial = 0;

/** An id that no other element has. */
export function freshId(prefix) {
  serial += 1;
  return `${prefix}-${serial}`;
}

/** Enable a control, or disable it and say why: the id of the reason's element, and its words as a tooltip. */
export function allow(control, possible, reason = null) {
  setAttribute(control, "disabled", possible ? null : "");
  setAttribute(control, "title", reason ? reason.textContent : null);
  const own = (control.dataset.describedby ??= control.getAttribute("aria-describedby") ?? "");
  setAttribute(control, "aria-describedby", [own, reason?.id].filter(Boolean).join(" ") || null);
}
