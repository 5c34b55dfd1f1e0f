/** Where the console stands on its server: below a path of its own, if its proxy has one for it. */

const base = document.documentElement.dataset.base ?? "";

/** The address of a path of the console. */
export function addressFor(path: string): string {
  return `${base}${path}`;
}

/** The path of the page that is shown, as the console knows it. */
export function here(): string {
  return location.pathname.slice(base.length) || "/";
}
