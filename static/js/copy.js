// Comfort only: a button that copies beside every requisite.
"use strict";

const DONE_MS = 2000;
const LABEL = "Копировать";
const DONE = "Скопировано";

// What was copied, for screen readers; it must stand in the page before it is filled.
const spoken = document.createElement("p");
spoken.className = "visually-hidden";
spoken.setAttribute("role", "status");
document.querySelector("main").append(spoken);

async function copy(text, shown) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Without HTTPS there is no clipboard: the text is selected, Ctrl+C does the rest.
  getSelection().selectAllChildren(shown);
  throw new Error("no clipboard");
}

for (const shown of document.querySelectorAll("[data-copy]")) {
  const { copy: text, copyName: name } = shown.dataset;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-link btn-sm no-print";
  button.textContent = LABEL;
  button.setAttribute("aria-label", `${LABEL}: ${name}`);
  button.addEventListener("click", async () => {
    try {
      await copy(text, shown);
      button.textContent = DONE;
      spoken.textContent = `${DONE}: ${name}`;
    } catch {
      spoken.textContent = `${name}: текст выделен, скопируйте его сочетанием Ctrl+C`;
    }
    setTimeout(() => {
      button.textContent = LABEL;
      spoken.textContent = "";
    }, DONE_MS);
  });
  shown.after(" ", button);
}
