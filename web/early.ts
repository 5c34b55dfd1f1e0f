// Runs before the first paint: puts the remembered theme and language on the page; the server's stay otherwise.
const root = document.documentElement;

function remembered(name: string, choices: string[]): string | null {
  const value = document.cookie.match(`(?:^|; )${name}=([^;]*)`)?.[1];
  return value !== undefined && choices.includes(value) ? value : null;
}

root.dataset.theme = remembered("virton_theme", ["dark", "light"]) ?? root.dataset.theme;
root.lang = remembered("virton_locale", ["ko", "en"]) ?? root.lang;

export {};
