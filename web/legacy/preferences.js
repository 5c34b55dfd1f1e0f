/** What the user prefers, remembered in this browser: language, theme, folded parts. */

const YEAR_S = 365 * 24 * 3600;

/** Remember a preference that the server reads too, in a plain cookie. */
function rememberCookie(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR_S}; SameSite=Strict`;
}

/** The page's language: "ko" or "en". */
export function locale() {
  return document.documentElement.lang === "en" ? "en" : "ko";
}

/** Remember the language that the user chose. */
export function rememberLocale(value) {
  rememberCookie("virton_locale", value);
}

/** The page's theme: "dark" or "light". */
export function theme() {
  return document.documentElement.dataset.theme === "light" ? "light" : "dark";
}

/** Remember the theme and put it on the page. */
export function setTheme(value) {
  rememberCookie("virton_theme", value);
  document.documentElement.dataset.theme = value;
}

/** Whether a part of the page is unfolded. */
export function unfolded(name, otherwise) {
  try {
    const value = localStorage.getItem(`virton.unfolded.${name}`);
    return value === null ? otherwise : value === "1";
  } catch {
    return otherwise;
  }
}

/** Remember whether a part of the page is unfolded. */
export function rememberUnfolded(name, open) {
  try {
    localStorage.setItem(`virton.unfolded.${name}`, open ? "1" : "0");
  } catch {
    // A browser without storage folds as it likes; nothing else depends on it.
  }
}

/** The resources seen in error whose repair this browser's user has not ended. */
export function inRepair() {
  try {
    return JSON.parse(localStorage.getItem("virton.repair")) ?? [];
  } catch {
    return [];
  }
}

/** Remember them, so that the way out of the error is still shown after the page was opened anew. */
export function rememberInRepair(sids) {
  try {
    localStorage.setItem("virton.repair", JSON.stringify(sids));
  } catch {
    // Without storage the guidance ends with the page.
  }
}
