// Comfort only: requisites of another choice than the one above them are not left on the page.
"use strict";

const choice = document.querySelector("[data-choice]");
const kit = document.querySelector("[data-kit]");
const stale = document.querySelector("[data-stale]");
const order = document.querySelector("[data-order]");

function isChanged() {
  return [...choice.elements].some((field) => (field.type === "radio"
    ? field.checked !== field.defaultChecked
    : "defaultValue" in field && field.value.trim() !== field.defaultValue.trim()));
}

function compare() {
  kit.hidden = isChanged();
  stale.hidden = !kit.hidden;
}

if (kit) {
  choice.addEventListener("input", compare);
  // A page that comes back from the history may hold what was chosen on it.
  window.addEventListener("pageshow", compare);
}

// What is typed into the order goes along to the new choice.
choice.addEventListener("submit", () => {
  if (!order || !order.elements.number.value.trim()) return;
  for (const name of ["account", "number", "date"]) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = order.elements[name].value;
    choice.append(field);
  }
});
