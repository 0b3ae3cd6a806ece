// Steps through a run, copies code, opens what a link points to. Everything that it shows stands in
// the page already: nothing here makes markup of a text.
"use strict";

document.documentElement.classList.add("js");

const all = (within, selector) => [...within.querySelectorAll(selector)];
/** How far from the edge of the window a step is shown, in pixels. */
const GAP = 12;
const said = document.getElementById("said");

/** What one stage shows: its steps, where it stands (-1: the whole run), its end. */
const stages = new WeakMap();

function stageOf(root) {
  if (!stages.has(root)) {
    const now = root.querySelector(".now");
    stages.set(root, {
      steps: all(root, ".steps > li:not(.gap)"),
      bands: all(root, "svg .step"),
      entries: all(root, ".ledger .entry"),
      at: -1,
      whole: root.querySelector(".at").textContent,
      end: [...now.childNodes],
      now,
      status: root.querySelector(".at"),
    });
  }
  return stages.get(root);
}

function standing(stage) {
  for (let place = stage.at; place >= 0; place -= 1) {
    const found = stage.steps[place].querySelector(".standing");
    if (found) return [found.cloneNode(true)];
  }
  return [];
}

function show(root, place) {
  const stage = stageOf(root);
  if (!stage.steps.length) return;
  stage.at = Math.max(-1, Math.min(place, stage.steps.length - 1));
  const step = stage.steps[stage.at];
  const number = step ? step.value : Infinity;
  for (const each of stage.steps) {
    if (each === step) each.setAttribute("aria-current", "step");
    else each.removeAttribute("aria-current");
  }
  for (const entry of stage.entries) {
    entry.classList.toggle("later", entry.value > number);
    entry.classList.toggle("today", entry.value === number);
  }
  stage.now.replaceChildren(...(step ? standing(stage) : stage.end));
  stage.status.textContent = step ? inWords(stage, step) : stage.whole;
  for (const band of stage.bands) {
    const current = Number(band.dataset.step) === number;
    band.classList.toggle("current", current);
    if (current) reveal(root, band);
  }
}

/** Bring a band into view, and its arrows; the panel may cover the foot of a narrow window. */
function reveal(root, band) {
  const picture = root.querySelector(".scroll");
  const seen = picture.getBoundingClientRect();
  const arrow = (band.querySelector("path, .note, .crash") ?? band).getBoundingClientRect();
  if (arrow.left < seen.left || arrow.right > seen.right) {
    picture.scrollLeft += (arrow.left + arrow.right - seen.left - seen.right) / 2;
  }
  const box = band.getBoundingClientRect();
  const panel = root.querySelector(".panel").getBoundingClientRect();
  const foot = panel.left < box.right ? Math.min(innerHeight, panel.top) : innerHeight;
  if (box.top < GAP) scrollBy({ top: box.top - GAP, behavior: "instant" });
  else if (box.bottom > foot - GAP) scrollBy({ top: box.bottom - foot + GAP, behavior: "instant" });
}

/** What is said of a step, aloud as well: its number, what happens, what is special about it. */
function inWords(stage, step) {
  const told = all(step, ".does > *, .note").map((each) => each.textContent.trim());
  const [does, ...others] = told;
  const more = others.length ? ` (${others.join("; ")})` : "";
  return `Step ${step.value} of ${stage.steps.at(-1).value}: ${does}${more}`;
}

function go(root, where) {
  const stage = stageOf(root);
  if (where === "next") show(root, stage.at + 1 < stage.steps.length ? stage.at + 1 : stage.at);
  if (where === "previous") show(root, stage.at < 0 ? stage.steps.length - 1 : stage.at - 1);
  if (where === "guilty") show(root, stage.steps.findIndex((each) => each.matches(".guilty")));
}

async function copy(button) {
  const code = button.closest(".code").querySelector("code");
  let copied = true;
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // Where a browser keeps the clipboard from pages of files: select it, and ask in the old way.
    const selection = getSelection();
    selection.selectAllChildren(code);
    copied = document.execCommand("copy");
    if (copied) selection.removeAllRanges();
  }
  button.textContent = copied ? "Copied" : "Press Ctrl+C";
  said.textContent = copied ? "Copied" : "Selected: press Ctrl+C to copy";
  setTimeout(() => { button.textContent = "Copy"; said.textContent = ""; }, 2000);
}

document.addEventListener("click", (event) => {
  const mover = event.target.closest("[data-go]");
  const copier = event.target.closest(".copy");
  const band = event.target.closest("svg .step");
  if (mover) go(mover.closest(".stage"), mover.dataset.go);
  if (copier) copy(copier);
  if (band) {
    const root = band.closest(".stage");
    show(root, stageOf(root).steps.findIndex((each) => each.value === Number(band.dataset.step)));
  }
});

const KEYS = { n: "next", p: "previous", ArrowRight: "next", ArrowLeft: "previous" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const root = event.target.closest(".case")?.querySelector(".stage");
  if (!root || !Object.hasOwn(KEYS, event.key)) return;
  const scrolls = event.key.startsWith("Arrow") && event.target.scrollWidth > event.target.clientWidth;
  if (scrolls && event.target.matches(".scroll, pre")) return; // there, an arrow key scrolls
  event.preventDefault();
  go(root, KEYS[event.key]);
});

/** Open what a link points to, and put the focus there, for browsers that do not by themselves. */
function openLinked() {
  const body = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const opened = body?.closest(".case");
  if (!opened) return;
  opened.open = true;
  opened.scrollIntoView({ behavior: "instant" });
  body.focus({ preventScroll: true });
}
addEventListener("hashchange", openLinked);
openLinked();

let closed = [];
addEventListener("beforeprint", () => {
  closed = all(document, "details:not([open])");
  for (const each of closed) each.open = true;
});
addEventListener("afterprint", () => {
  for (const each of closed) each.open = false;
});
