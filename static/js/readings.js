// Comfort only: the page hands in readings without this file.
// Consumption while the person types, Enter to the next field, a pasted column of Excel downwards.
"use strict";

const form = document.querySelector("form[data-readings]");
const inputs = [...form.querySelectorAll("input[inputmode=decimal]")];
const NBSP = "\u00a0";

// Readings have at most three decimals: whole thousandths are exact, floating numbers are not.
function thousandths(text) {
  const found = /^(\d+)(?:\.(\d{1,3}))?$/.exec(text);
  return found ? BigInt(found[1]) * 1000n + BigInt((found[2] ?? "").padEnd(3, "0")) : null;
}

// As the server reads it (meters/checks.py): spaces only between thousands, one comma or point, no
// more digits than the display has.
function typed(input) {
  const tidy = input.value.trim().replace(/\s+/g, " ");
  if (!/^(\d+|\d{1,3}( \d{3})+)([.,]\d+)?$/.test(tidy)) {
    return null;
  }
  const plain = tidy.replaceAll(" ", "").replace(",", ".");
  const [whole, fraction = ""] = plain.split(".");
  const fits = whole.length <= input.dataset.digits && fraction.length <= input.dataset.fraction;
  return fits ? thousandths(plain) : null;
}

function words(amount) {
  const whole = String(amount / 1000n).replace(/\B(?=(\d{3})+$)/g, NBSP);
  const rest = String(amount % 1000n).padStart(3, "0").replace(/0+$/, "");
  return rest ? `${whole},${rest}` : whole;
}

function consumption(input) {
  const current = typed(input);
  const previous = thousandths(input.dataset.previous);
  if (current === null || previous === null) {
    return null;
  }
  const tick = form.elements.namedItem(`ok${input.name.slice(1)}`);
  const isConfirmed = tick?.checked && thousandths(tick.value) === current;
  if (current < previous && !isConfirmed) {
    return null;
  }
  const turned = current < previous ? 1000n * 10n ** BigInt(input.dataset.digits) : 0n;
  return (turned - previous + current) * BigInt(input.dataset.ratio);
}

function total() {
  const sums = new Map();
  for (const row of form.querySelectorAll("tr[data-counts-as]")) {
    const amount = thousandths(row.dataset.consumption);
    if (amount !== null) {
      sums.set(row.dataset.countsAs, (sums.get(row.dataset.countsAs) ?? 0n) + amount);
    }
  }
  for (const place of form.querySelectorAll("[data-total]")) {
    const sum = sums.get(place.dataset.total);
    place.textContent = sum === undefined ? "—" : words(sum);
  }
}

const untouched = new Map();

function show(input) {
  const row = input.closest("tr");
  const place = row.querySelector("[data-shown]");
  if (!untouched.has(row)) {
    untouched.set(row, [place.textContent, row.dataset.consumption]);
  }
  const stands = input.closest("details");
  if (!input.value.trim() && stands) {
    [place.textContent, row.dataset.consumption] = untouched.get(row);
    return;
  }
  const amount = consumption(input);
  row.dataset.consumption =
    amount === null ? "" : `${amount / 1000n}.${String(amount % 1000n).padStart(3, "0")}`;
  place.textContent = amount === null ? (input.value.trim() ? "—" : "") : words(amount);
}

form.addEventListener("input", (event) => {
  if (inputs.includes(event.target)) {
    show(event.target);
    total();
  } else if (event.target.type === "checkbox") {
    show(form.elements.namedItem(`r${event.target.name.slice(2)}`));
    total();
  }
});

// A folded row («исправить») is passed over.
function next(input) {
  return inputs.slice(inputs.indexOf(input) + 1).find((other) => other.checkVisibility?.() ?? true);
}

form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !inputs.includes(event.target) || event.isComposing) {
    return;
  }
  event.preventDefault();
  const following = next(event.target) ?? form.querySelector("button[value=check]");
  following.focus();
  following.select?.();
});

form.addEventListener("paste", (event) => {
  const lines = event.clipboardData.getData("text").replace(/\r?\n$/, "").split(/\r?\n/);
  if (lines.length < 2 || !inputs.includes(event.target)) {
    return;
  }
  event.preventDefault();
  let input = event.target;
  for (const line of lines) {
    // Of several columns the first one.
    input.value = line.split("\t")[0].trim();
    show(input);
    const following = next(input);
    if (!following) {
      break;
    }
    input = following;
  }
  total();
  input.focus();
});
