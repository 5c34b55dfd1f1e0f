// Runs before the first paint: puts the remembered theme and language on the page.
(() => {
  const remembered = (name) => document.cookie.match(`(?:^|; )${name}=([^;]*)`)?.[1];
  const root = document.documentElement;
  root.dataset.theme = remembered("virton_theme") === "light" ? "light" : "dark";
  root.lang = remembered("virton_locale") === "en" ? "en" : "ko";
})();
