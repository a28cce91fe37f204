// Comfort only: every page works without this file.
"use strict";

// A refused form: the reader begins at the list of errors, not at the top of the page.
const summary = document.querySelector(".error-summary");
if (summary) {
  summary.focus();
}

// Printing: the button is hidden without JavaScript, because nothing would answer it.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A form is sent once. The button says so, and becomes itself again when the page comes back from
// the browser's memory, or after ten seconds (a file was downloaded, the network is gone).
const RECOVERS_AFTER_MS = 10_000;
const SENDING = "Отправляется…";
const sending = new Map();

function recover(form) {
  const { button, label, timer } = sending.get(form);
  clearTimeout(timer);
  sending.delete(form);
  if (button) {
    setLabel(button, label);
    button.removeAttribute("aria-disabled");
  }
}

function setLabel(button, nodes) {
  if (button instanceof HTMLInputElement) {
    button.value = nodes[0];
  } else {
    button.replaceChildren(...nodes);
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") {
    return;
  }
  if (sending.has(form)) {
    event.preventDefault();
    return;
  }
  const button = event.submitter;
  const label = button instanceof HTMLInputElement ? [button.value] : [...(button?.childNodes ?? [])];
  sending.set(form, { button, label, timer: setTimeout(recover, RECOVERS_AFTER_MS, form) });
  // Only after the browser has collected the fields: a changed value would be sent.
  setTimeout(() => {
    if (button && sending.has(form)) {
      button.setAttribute("aria-disabled", "true");
      setLabel(button, [SENDING]);
    }
  });
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) {
    [...sending.keys()].forEach(recover);
  }
});
