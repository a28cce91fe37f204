// Comfort only: the page hands in readings without this file.
// Consumption while the person types, Enter to the next field, a pasted column of Excel downwards,
// the choice of rows at once, a draft every half a minute.
"use strict";

const form = document.querySelector("form[data-readings]");
const inputs = [...form.querySelectorAll("input[inputmode=decimal]")];
const NBSP = "\u00a0";
const AUTOSAVE_MS = 30_000;
// What a browser still sends for a page that is left (Fetch standard: 64 KiB).
const KEEPALIVE_BYTES = 60_000;
let isDirty = false;

// Readings have at most three decimals: whole thousandths are exact, floating numbers are not.
function thousandths(text) {
  const found = /^(\d+)(?:\.(\d{1,3}))?0*$/.exec(text ?? "");
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

function named(prefix, input) {
  return form.elements.namedItem(prefix + input.name.slice(1));
}

// Through zero only when the person has said so: the tick for this very value, and the reason.
function isRollover(input, current) {
  const tick = named("ok", input);
  return tick?.checked && thousandths(tick.value) === current && named("why", input)?.value === "rollover";
}

function consumption(input) {
  const current = typed(input);
  const previous = thousandths(input.dataset.previous);
  if (current === null || previous === null || (current < previous && !isRollover(input, current))) {
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

// The sum of a thousand rows is counted once for a pasted column, not for each of its cells.
let isTotalDue = false;

function totalSoon() {
  if (!isTotalDue) {
    isTotalDue = true;
    requestAnimationFrame(() => {
      isTotalDue = false;
      total();
    });
  }
}

form.addEventListener("input", (event) => {
  const about = /^(?:r|ok|why|note)(\d+)$/.exec(event.target.name);
  if (about) {
    show(form.elements.namedItem(`r${about[1]}`));
    totalSoon();
    isDirty = true;
  }
});

// A folded row («исправить») and a hidden one are passed over.
function next(input) {
  return inputs.slice(inputs.indexOf(input) + 1).find((other) => other.checkVisibility?.() ?? true);
}

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.name === "q" && !event.isComposing) {
    event.preventDefault();
    form.querySelector("button[value=filter]").click();
    return;
  }
  if (event.key !== "Enter" || !inputs.includes(event.target) || event.isComposing) {
    return;
  }
  event.preventDefault();
  const following = next(event.target) ?? form.querySelector(".bulk button[value=check]");
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
  isDirty = true;
  totalSoon();
  input.focus();
});

// Which rows are shown ---------------------------------------------------------------------------

const filters = [...form.querySelectorAll("[data-filter]")];

// «Требуют внимания» is for the server to say; words, site and missing rows are seen from here.
function choose() {
  const [q, site, what] = ["q", "site", "show"].map((name) => form.elements.namedItem(name)?.value ?? "");
  const wanted = q.toLowerCase().split(/\s+/).filter(Boolean);
  for (const body of form.querySelectorAll(".table-readings tbody")) {
    const group = body.querySelector(".group")?.textContent.trim() ?? "";
    let isAny = false;
    for (const row of body.querySelectorAll("tr:not(.group, .note)")) {
      const told = `${row.cells[0].textContent} ${row.cells[1].textContent} ${group}`.toLowerCase();
      const field = row.querySelector("input[inputmode=decimal]");
      const isMissing = field && !field.closest("details") && !field.value.trim();
      const isShown =
        (!site || site === group) &&
        wanted.every((word) => told.includes(word)) &&
        (what !== "missing" || isMissing);
      row.hidden = !isShown;
      const note = row.nextElementSibling;
      if (note?.classList.contains("note")) {
        note.hidden = !isShown;
      }
      isAny ||= isShown;
    }
    body.hidden = !isAny;
  }
}

if (form.dataset.readings === "whole") {
  for (const field of filters) {
    field.addEventListener("input", () => {
      if (form.elements.namedItem("show")?.value !== "attention") {
        choose();
      } else {
        form.querySelector("button[value=filter]").click();
      }
    });
  }
}

// The draft --------------------------------------------------------------------------------------

const saved = form.querySelector("[data-saved]");

async function save(isLeaving = false) {
  if (!isDirty) {
    return;
  }
  isDirty = false;
  const body = new URLSearchParams(new FormData(form));
  body.set("action", "autosave");
  const keepalive = isLeaving && body.toString().length < KEEPALIVE_BYTES;
  try {
    // Not form.action: the buttons named «action» stand in its place.
    const address = form.getAttribute("action");
    const response = await fetch(address, { method: "POST", body, keepalive, redirect: "error" });
    if (!response.ok) {
      throw new Error(response.statusText);
    }
    const answer = await response.json();
    saved.textContent = answer.saved ? `Черновик сохранён в ${answer.saved}.` : "";
  } catch {
    // The session has ended or the network is away: the next try, or the button, will tell.
    isDirty = true;
    saved.textContent = "Черновик не сохранён, попробуем ещё раз.";
  }
}

setInterval(() => save(), AUTOSAVE_MS);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") {
    save(true);
  }
});
form.addEventListener("submit", () => {
  isDirty = false;
});
