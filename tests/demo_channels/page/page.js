// Redraws a screen when the server says it changed, and sends forms without leaving the page. Without it, forms reload.
"use strict";

const tabs = [...document.querySelectorAll("nav a")];
const drawn = new Map([...document.querySelectorAll("section")].map((each) => [each.id, each.innerHTML]));
const open = () => location.hash.slice(1) || "sms";
const end = (section) => {
  const scroll = section.querySelector(".scroll");
  scroll.scrollTop = scroll.scrollHeight;
};

function mark() {
  for (const tab of tabs) {
    const here = tab.hash.slice(1) === open();
    tab.toggleAttribute("aria-current", here);
    if (here) tab.classList.remove("fresh");
  }
  end(document.getElementById(open()));
}

function draw(name, html) {
  const section = document.getElementById(name);
  const fresh = document.createElement("section");
  fresh.innerHTML = html;
  if (fresh.innerHTML === drawn.get(name)) return;
  drawn.set(name, fresh.innerHTML);
  const typed = [...section.querySelectorAll("input[name=text]:not([type=hidden])")].map((each) => each.value);
  const writes = document.activeElement?.name === "text" && section.contains(document.activeElement);
  const opened = [...section.querySelectorAll("details")].map((each) => each.open);
  section.replaceChildren(...fresh.childNodes);
  const kept = section.querySelectorAll("input[name=text]:not([type=hidden])");
  if (kept.length === typed.length) kept.forEach((each, at) => (each.value = typed[at]));
  const folds = section.querySelectorAll("details");
  if (folds.length === opened.length) folds.forEach((each, at) => (each.open = opened[at]));
  if (writes) kept[kept.length - 1]?.focus();
  end(section);
  if (name !== open()) tabs.find((tab) => tab.hash === `#${name}`).classList.add("fresh");
}

async function follow() {
  let seen = document.body.dataset.seen;
  for (;;) {
    try {
      const answer = await (await fetch(`/changes?seen=${seen}`)).json();
      if (answer.seen !== seen) for (const [name, html] of Object.entries(answer.screens)) draw(name, html);
      seen = answer.seen;
    } catch {
      await new Promise((rest) => setTimeout(rest, 1000));
    }
  }
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  fetch(form.action, { method: "post", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
  if (form.classList.contains("write")) form.elements.text.value = "";
});
addEventListener("hashchange", mark);
mark();
follow();
