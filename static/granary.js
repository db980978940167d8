/* Pleasantries only: every page works without this file. */
"use strict";

// A slider follows its box and the box its slider. Without this file the slider stays hidden.
document.querySelectorAll("[data-slider-for]").forEach((slider) => {
  const box = document.getElementById(slider.dataset.sliderFor);
  const follow = () => { slider.value = box.value.replace(/[^\d.]/g, ""); };
  slider.hidden = false;
  follow();
  slider.addEventListener("input", () => {
    box.value = Number(slider.value).toLocaleString("en");
    box.dispatchEvent(new Event("change", { bubbles: true }));
  });
  box.addEventListener("input", follow);
});

// A link to a dialog opens it as one; without this file, :target shows it.
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  const dialog = link && link.hash.length > 1 && document.getElementById(link.hash.slice(1));
  if (dialog instanceof HTMLDialogElement) {
    event.preventDefault();
    dialog.showModal();
  } else if (link && link.matches("[data-close]") && link.closest("dialog[open]")) {
    event.preventDefault();
    link.closest("dialog").close();
  }
});

// A button that acts shows that it was heard. The server does it once in any case.
document.addEventListener("submit", (event) => {
  const button = event.target.querySelector("[data-once]");
  if (button) {
    setTimeout(() => { button.disabled = true; button.setAttribute("aria-busy", "true"); });
  }
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("[data-once][aria-busy]").forEach((button) => {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  });
});

// Lists and pages by keyboard: J and K move from row to row, X ticks, a letter presses the button or link that names it,
// or goes into its field; Escape leaves a field, Ctrl and Enter send its form.
document.addEventListener("keydown", (event) => {
  const isField = event.target.matches("input:not([type=checkbox]), textarea, select");
  if (isField && event.key === "Escape") {
    event.target.blur();
  } else if (isField && event.key === "Enter" && event.ctrlKey) {
    event.target.form?.requestSubmit();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isField) {
    return;
  }
  const key = event.key.toLowerCase();
  const links = [...document.querySelectorAll("[data-keys] tbody tr")].map((row) => row.querySelector("a")).filter(Boolean);
  const here = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  if (key === "j" || key === "k") {
    links[Math.min(Math.max(here + (key === "j" ? 1 : -1), 0), links.length - 1)]?.focus();
  } else if (key === "x" && here >= 0) {
    links[here].closest("tr").querySelector("[type=checkbox]")?.click();
  } else {
    const named = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (named?.matches("input, textarea, select")) {
      event.preventDefault(); // the letter is not typed into it
      named.focus();
    } else {
      named?.click();
    }
  }
});

// The list of what has to be put right is read first.
document.querySelector("[data-focus]")?.focus();

// A printed page shows what is folded away.
window.addEventListener("beforeprint", () => {
  document.querySelectorAll("details").forEach((details) => { details.open = true; });
});
