"use strict";
// What all pages share: the mark that there is a script, and light and dark, the system's choice until the reader makes one.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const theme = document.querySelector("#theme");
  const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : systemIsDark.matches);
  const showTheme = () => { theme.textContent = isDark() ? "Light theme" : "Dark theme"; };
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    showTheme();
  });
  systemIsDark.addEventListener("change", showTheme);
  showTheme();
})();
