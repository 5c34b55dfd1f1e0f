/** The words of the page, from one catalogue a language, and times and numbers as that language writes them. */

import * as preferences from "../core/preferences.js";
import type { Locale } from "../core/preferences.js";
import { addressFor } from "../core/place.js";

type Words = Record<string, string>;
export type Values = Record<string, string | number | null | undefined>;

/** The catalogues that a page needs beside the common one, by the beginnings of their names. */
const own: string[] = [];
const catalogues = new Map<Locale, Words>();
let words: Words = {};
let formats = makeFormats("ko");

/** Have another catalogue loaded with the common one; to be said before the page starts. */
export function alsoSpeak(name: string): void {
  own.push(`${name}.`);
}

/** Load a language's catalogues and make them the page's. */
export async function speak(locale: Locale): Promise<void> {
  let catalogue = catalogues.get(locale);
  if (!catalogue) {
    const told = await Promise.all(["", ...own].map((name) => load(`${name}${locale}`)));
    catalogue = Object.assign({}, ...told) as Words;
    catalogues.set(locale, catalogue);
  }
  words = catalogue;
  formats = makeFormats(locale);
  document.documentElement.lang = locale;
}

async function load(name: string): Promise<Words> {
  const answer = await fetch(addressFor(`/catalogue/${name}.json`));
  if (!answer.ok) throw new Error(`catalogue ${name}: ${answer.status}`);
  return (await answer.json()) as Words;
}

/** Change to the other language, and remember it. */
export async function speakTheOther(): Promise<void> {
  const other = preferences.otherLocale();
  await speak(other);
  preferences.rememberLocale(other);
}

function makeFormats(locale: Locale) {
  const timeOfDay = {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  } as const;
  return {
    number: new Intl.NumberFormat(locale),
    percent: new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
    plural: new Intl.PluralRules(locale),
    ago: new Intl.RelativeTimeFormat(locale, { numeric: "always" }),
    agoShort: new Intl.RelativeTimeFormat(locale, { numeric: "always", style: "narrow" }),
    time: new Intl.DateTimeFormat(locale, timeOfDay),
    minute: new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
    date: new Intl.DateTimeFormat(locale, { dateStyle: "medium" }),
    dateMinute: new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" }),
    dateTime: new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" }),
  };
}

/** Whether the catalogue has a key. */
export function has(key: string): boolean {
  return Object.hasOwn(words, key);
}

/** The text of a key, its {placeholders} filled. */
export function t(key: string, values: Values = {}): string {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The text of a key for a count: `key.one` or `key.other`. */
export function tn(key: string, count: number, values: Values = {}): string {
  const form = formats.plural.select(count) === "one" ? "one" : "other";
  return t(`${key}.${form}`, { count: number(count), ...values });
}

/** A number as the language writes it. */
export function number(value: number): string {
  return formats.number.format(value);
}

const GIB = 1024 ** 3;

/** Bytes in whole GiB, without the unit. */
export function gib(bytes: number): string {
  return number(Math.round(bytes / GIB));
}

/** A share of one as a percentage with two decimals, "–" when unknown. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? "–" : `${formats.percent.format(share * 100)} %`;
}

/** How long ago something was, in words; in short ones where there is little room. */
export function ago(seconds: number, isShort = false): string {
  const format = isShort ? formats.agoShort : formats.ago;
  const age = Math.max(0, Math.floor(seconds));
  if (age < 2) return t("time.now");
  if (age < 120) return format.format(-age, "second");
  if (age < 7200) return format.format(-Math.floor(age / 60), "minute");
  return format.format(-Math.floor(age / 3600), "hour");
}

/** A span of time in words: seconds, or minutes and seconds. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return t("time.seconds", { seconds: whole });
  if (whole < 3600) {
    return t("time.minutes", { minutes: Math.floor(whole / 60), seconds: whole % 60 });
  }
  return t("time.hours", { hours: Math.floor(whole / 3600), minutes: Math.floor(whole / 60) % 60 });
}

/** The time of day of a Unix time. */
export function clock(unix: number): string {
  return formats.time.format(new Date(unix * 1000));
}

/** The time of day of a Unix time, to the minute. */
export function minute(unix: number): string {
  return formats.minute.format(new Date(unix * 1000));
}

/** The date of a Unix time. */
export function date(unix: number): string {
  return formats.date.format(new Date(unix * 1000));
}

/** Date and time of a Unix time, to the minute. */
export function dateMinute(unix: number): string {
  return formats.dateMinute.format(new Date(unix * 1000));
}

/** Date and time of a Unix time. */
export function dateTime(unix: number): string {
  return formats.dateTime.format(new Date(unix * 1000));
}

/** Several names as one text. */
export function list(names: string[]): string {
  return names.join(", ");
}
