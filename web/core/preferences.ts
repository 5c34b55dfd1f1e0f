/** What the user prefers, remembered in this browser: language, theme, row height, folded parts. */

const YEAR_S = 365 * 24 * 3600;

export type Locale = "ko" | "en";
/** What the languages call themselves. */
export const LOCALE_NAMES: Record<Locale, string> = { ko: "한국어", en: "English" };

export type Theme = "dark" | "light";
export const DENSITIES = ["compact", "normal", "roomy"] as const;
export type Density = (typeof DENSITIES)[number];

const root = document.documentElement;

/** Remember a preference that the server reads too, in a plain cookie. */
function rememberCookie(name: string, value: string): void {
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR_S}; SameSite=Strict`;
}

/** The page's language. */
export function locale(): Locale {
  return root.lang === "en" ? "en" : "ko";
}

/** The language that the page does not speak. */
export function otherLocale(): Locale {
  return locale() === "ko" ? "en" : "ko";
}

/** Remember the language that the user chose. */
export function rememberLocale(value: Locale): void {
  rememberCookie("virton_locale", value);
}

/** The page's theme. */
export function theme(): Theme {
  return root.dataset.theme === "light" ? "light" : "dark";
}

/** Remember the theme and put it on the page. */
export function setTheme(value: Theme): void {
  rememberCookie("virton_theme", value);
  root.dataset.theme = value;
}

/** How high rows are: as the page has it, before that as it is remembered. */
export function density(): Density {
  const kept = root.dataset.density ?? read("virton.density");
  return DENSITIES.find((one) => one === kept) ?? "normal";
}

/** Remember how high rows are, and put it on the page. */
export function setDensity(value: Density): void {
  keep("virton.density", value);
  root.dataset.density = value;
}

/** Whether a part of the page is unfolded. */
export function unfolded(name: string, otherwise: boolean): boolean {
  const value = read(`virton.unfolded.${name}`);
  return value === null ? otherwise : value === "1";
}

/** Remember whether a part of the page is unfolded. */
export function rememberUnfolded(name: string, open: boolean): void {
  keep(`virton.unfolded.${name}`, open ? "1" : "0");
}

/** How the list of resources is sorted or grouped. */
export function choice(name: string, choices: readonly string[], otherwise: string): string {
  const value = read(`virton.${name}`);
  return value !== null && choices.includes(value) ? value : otherwise;
}

/** Remember such a choice. */
export function rememberChoice(name: string, value: string): void {
  keep(`virton.${name}`, value);
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser without storage forgets; nothing else depends on it.
  }
}
