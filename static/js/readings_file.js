// Comfort only: the page takes files without this file.
// A file that is too large is refused before minutes are spent on sending it.
"use strict";

const form = document.querySelector("form[data-max-bytes]");
const input = form.querySelector("input[type=file]");
const tooLarge = form.querySelector("[data-too-large]");

function check() {
  const file = input.files[0];
  const isTooLarge = Boolean(file) && file.size > Number(form.dataset.maxBytes);
  tooLarge.hidden = !isTooLarge;
  input.classList.toggle("is-invalid", isTooLarge);
  if (isTooLarge) {
    input.setAttribute("aria-invalid", "true");
  } else {
    input.removeAttribute("aria-invalid");
  }
  return !isTooLarge;
}

input.addEventListener("change", check);
form.addEventListener("submit", (event) => {
  if (!check()) {
    event.preventDefault();
    input.focus();
  }
});
