// Comfort only: without this file the page's link asks again, or the page itself does.
// Watches what a worker does (a load of a package, an order), and shows the page anew at its end.
"use strict";

const place = document.querySelector("[data-work]");
const bar = place.querySelector("progress");
const words = place.querySelector("[data-words]");
const ASK_AFTER_MS = 1000;

async function ask() {
  try {
    const answer = await fetch(place.dataset.work, { redirect: "manual" });
    if (!answer.ok) {
      location.reload();
      return;
    }
    const { is_working, percent, stage } = await answer.json();
    if (!is_working) {
      location.reload();
      return;
    }
    if (percent === null) {
      bar.removeAttribute("value");
    } else {
      bar.value = percent;
    }
    words.textContent = percent === null ? stage : `${percent}\u00a0% ${stage}`;
  } catch {
    // The network is gone for a moment: the next question tries again.
  }
  setTimeout(ask, ASK_AFTER_MS);
}

setTimeout(ask, ASK_AFTER_MS);
