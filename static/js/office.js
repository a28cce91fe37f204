// Boxes of Select2 are read by what is chosen in them alone: they get the name of their field too.
"use strict";

function nameBoxes(root) {
  for (const select of root.querySelectorAll("select.admin-autocomplete")) {
    const box = select.parentElement.querySelector(".select2-selection");
    const chosen = box?.querySelector(".select2-selection__rendered");
    const words = select.getAttribute("aria-label") || select.labels[0]?.textContent;
    if (chosen && words) {
      chosen.removeAttribute("role"); // a text box without a name inside another box
      chosen.removeAttribute("aria-readonly");
      box.id = `${select.id}-box`;
      box.setAttribute("aria-label", words.trim().replace(/:$/, ""));
      box.setAttribute("aria-labelledby", `${box.id} ${chosen.id}`);
    }
  }
}

// Django makes the boxes when the page is ready, and those of a new row when it is added.
window.django?.jQuery?.(() => nameBoxes(document));
document.addEventListener("formset:added", (event) => nameBoxes(event.target));
