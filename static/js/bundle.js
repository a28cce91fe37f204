// Comfort only: without this file the page's link asks again.
// Watches a ZIP being made, and shows the page anew when it is ready or has failed.
"use strict";

const panel = document.querySelector("[data-bundle]");
const bar = panel.querySelector("progress");
const words = panel.querySelector("[data-words]");
const ASK_AFTER_MS = 2000;

async function ask() {
  try {
    const answer = await fetch(panel.dataset.bundle, { redirect: "manual" });
    if (!answer.ok) {
      location.reload();
      return;
    }
    const { state, done, total } = await answer.json();
    if (state !== "queued" && state !== "making") {
      location.reload();
      return;
    }
    bar.value = done;
    words.textContent = `${done} из ${total}`;
  } catch {
    // The network is gone for a moment: the next question tries again.
  }
  setTimeout(ask, ASK_AFTER_MS);
}

setTimeout(ask, ASK_AFTER_MS);
