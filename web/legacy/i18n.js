/** The words of the page, from one catalogue a language, and times and numbers as that language writes them. */

import * as preferences from "./preferences.js";

const catalogues = new Map();
let words = {};
let formats = {};

/** Load a language's catalogue and make it the page's. */
export async function speak(locale) {
  if (!catalogues.has(locale)) {
    const answer = await fetch(`/catalogue/${locale}.json`);
    if (!answer.ok) throw new Error(`catalogue ${locale}: ${answer.status}`);
    catalogues.set(locale, await answer.json());
  }
  words = catalogues.get(locale);
  formats = makeFormats(locale);
  document.documentElement.lang = locale;
  translateStatic(document);
}

/** Change to the other language, and remember it. */
export async function speakTheOther() {
  const other = preferences.locale() === "ko" ? "en" : "ko";
  await speak(other);
  preferences.rememberLocale(other);
}

function makeFormats(locale) {
  const timeOfDay = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  return {
    number: new Intl.NumberFormat(locale),
    percent: new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
    plural: new Intl.PluralRules(locale),
    ago: new Intl.RelativeTimeFormat(locale, { numeric: "always" }),
    time: new Intl.DateTimeFormat(locale, timeOfDay),
    dateTime: new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" }),
  };
}

/** Whether the catalogue has a key. */
export function has(key) {
  return Object.hasOwn(words, key);
}

/** The text of a key, its {placeholders} filled. */
export function t(key, values = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** The text of a key for a count: `key.one` or `key.other`. */
export function tn(key, count, values = {}) {
  const form = formats.plural.select(count) === "one" ? "one" : "other";
  return t(`${key}.${form}`, { count: formats.number.format(count), ...values });
}

/** A share of one as a percentage with two decimals, "–" when unknown. */
export function percent(share) {
  return share === null || share === undefined ? "–" : `${formats.percent.format(share * 100)} %`;
}

/** How long ago something was, in words. */
export function ago(seconds) {
  const age = Math.max(0, Math.floor(seconds));
  if (age < 2) return t("time.now");
  if (age < 120) return formats.ago.format(-age, "second");
  if (age < 7200) return formats.ago.format(-Math.floor(age / 60), "minute");
  return formats.ago.format(-Math.floor(age / 3600), "hour");
}

/** The time of day of a Unix time. */
export function clock(unix) {
  return formats.time.format(new Date(unix * 1000));
}

/** Date and time of a Unix time. */
export function dateTime(unix) {
  return formats.dateTime.format(new Date(unix * 1000));
}

/** Several names as one text. */
export function list(names) {
  return names.join(", ");
}

/** Put the words into everything below a node that names its key in `data-t` or `data-t-label`. */
export function translateStatic(root) {
  for (const element of root.querySelectorAll("[data-t]")) {
    const text = t(element.dataset.t);
    if (element.textContent !== text) element.textContent = text;
  }
  for (const element of root.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.dataset.tLabel));
  }
  const title = document.documentElement.dataset.title;
  if (title) document.title = t(title);
}
