// Comfort only: without this file the page's link asks again.
// Watches a load of a package, and shows the page anew when the worker has done its part.
"use strict";

const place = document.querySelector("[data-import]");
const bar = place.querySelector("progress");
const words = place.querySelector("[data-words]");
const ASK_AFTER_MS = 2000;

async function ask() {
  try {
    const answer = await fetch(place.dataset.import, { redirect: "manual" });
    if (!answer.ok) {
      location.reload();
      return;
    }
    const { is_working, percent, stage } = await answer.json();
    if (!is_working) {
      location.reload();
      return;
    }
    bar.value = percent;
    words.textContent = `${percent}\u00a0% ${stage}`;
  } catch {
    // The network is gone for a moment: the next question tries again.
  }
  setTimeout(ask, ASK_AFTER_MS);
}

setTimeout(ask, ASK_AFTER_MS);
