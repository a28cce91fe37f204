// Comfort only: the page sends messages without this file.
// Shows the chosen files with their sizes, says whether the topic asks for one, and keeps a draft while the person types.
"use strict";

const form = document.querySelector("form[data-message]");
const input = form.querySelector("input[type=file]");
const chosen = form.querySelector("[data-chosen]");
const saved = form.querySelector("[data-saved]");
const SAVE_AFTER_MS = 15_000;

function size(bytes) {
  const kilobytes = bytes / 1024;
  if (kilobytes < 1) {
    return `${bytes}\u00a0Б`;
  }
  const isSmall = kilobytes < 1023.5;
  const value = isSmall ? kilobytes : kilobytes / 1024;
  const places = !isSmall && value < 10 ? 1 : 0;
  const words = value.toLocaleString("ru-RU", { minimumFractionDigits: places, maximumFractionDigits: places });
  return `${words}\u00a0${isSmall ? "КБ" : "МБ"}`;
}

function describe(file) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.className = "files__name";
  name.textContent = `${file.name} `;
  const hint = document.createElement("span");
  hint.className = "hint";
  const isLarge = file.size > Number(input.dataset.maxBytes);
  const isKnown = input.accept.split(",").some((ending) => file.name.toLowerCase().endsWith(ending));
  hint.textContent = size(file.size);
  if (isLarge || !isKnown) {
    hint.className = "text-bad";
    hint.textContent += isLarge ? ": слишком большой" : ": такие файлы не принимаются";
  }
  name.append(hint);
  item.append(name);
  return item;
}

input.addEventListener("change", () => {
  chosen.replaceChildren();
  if (input.files.length) {
    const list = document.createElement("ul");
    list.className = "files";
    list.append(...Array.from(input.files, describe));
    chosen.append(list);
  }
});

// A topic may ask for a file: the note beside «Документы» is that of the chosen topic.
const { topic } = form.elements;
const notes = Array.from(form.querySelectorAll("[data-file-note]"));
if (topic && notes.length) {
  const follow = () => {
    const wanted = topic.value || "?";
    const own = notes.some((note) => note.dataset.fileNote === wanted);
    for (const note of notes) {
      note.hidden = note.dataset.fileNote !== (own ? wanted : "");
    }
  };
  topic.addEventListener("change", follow);
  follow();
}

let timer = 0;
let isLeaving = false;

async function save() {
  timer = 0;
  const data = new FormData(form);
  data.delete("files");
  data.set("action", "autosave");
  try {
    // Not form.action: that is the buttons of this name.
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: data, redirect: "manual" });
    if (answer.status === 204 && !isLeaving) {
      const time = new Date().toLocaleTimeString("ru-RU", { hour: "2-digit", minute: "2-digit" });
      saved.textContent = `Черновик сохранён в ${time}`;
    } else if (answer.type === "opaqueredirect") {
      saved.textContent = "Сеанс закончился. Нажмите «Отправить» и войдите снова: всё, что вы ввели, сохранится.";
    }
  } catch {
    // The network is gone: what was typed is still on the screen, the next change tries again.
  }
}

form.addEventListener("input", (event) => {
  if (event.target !== input && !timer && !isLeaving) {
    timer = setTimeout(save, SAVE_AFTER_MS);
  }
});
form.addEventListener("submit", () => {
  isLeaving = true;
  clearTimeout(timer);
});
