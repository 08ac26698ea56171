// Refreshes the parts of a page that may have changed, without touching what is being typed.
"use strict";

const watched = document.querySelector("[data-live]");
const state = document.querySelector(".link-state");

// Says one of the sentences that the page carries: "lost", "over", or nothing.
function say(what) {
  if (!state) return;
  const text = state.dataset[what] ?? "";
  state.hidden = !text;
  if (state.textContent !== text) state.textContent = text;
}

// Adds what is new to a list and renews what changed, so that a screen reader only hears the difference.
function mergeList(now, next) {
  const last = now.lastElementChild;
  const atEnd = last && last.getBoundingClientRect().top < window.innerHeight;
  const kept = new Set();
  for (const item of [...next.children]) {
    kept.add(item.id);
    const old = document.getElementById(item.id);
    if (!old) now.append(item);
    else if (old.outerHTML !== item.outerHTML) old.replaceWith(item);
  }
  for (const item of [...now.children]) if (!kept.has(item.id)) item.remove();
  if (atEnd && now.lastElementChild !== last) now.lastElementChild.scrollIntoView({ block: "nearest" });
}

function renew(next) {
  const now = document.getElementById(next.id);
  if (!now || now.dataset.version === next.dataset.version) return;
  const [oldLog, newLog] = [now.querySelector("[role=log]"), next.querySelector("[role=log]")];
  if (oldLog && newLog) {
    mergeList(oldLog, newLog);
  } else {
    const focused = now.contains(document.activeElement) ? document.activeElement.id : "";
    now.replaceChildren(...next.childNodes);
    if (focused) document.getElementById(focused)?.focus();
  }
  now.dataset.version = next.dataset.version;
}

async function refresh() {
  const address = new URL(watched.dataset.live, location.href);
  address.searchParams.set("known", watched.dataset.version);
  const answer = await fetch(address, { credentials: "same-origin", cache: "no-store" });
  if (answer.redirected) return say("over");
  if (answer.status === 200) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    page.querySelectorAll("[data-section]").forEach(renew);
    watched.dataset.version = answer.headers.get("x-version");
  }
  say(answer.ok ? "" : "lost");
}

async function watch() {
  const pause = 1000 * Number(watched.dataset.every);
  for (;;) {
    await new Promise((done) => setTimeout(done, pause));
    if (document.hidden) await new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
    await refresh().catch(() => say("lost"));
  }
}

if (watched) {
  // At once too: a page brought back by the "back" button is as old as when it was left.
  refresh().catch(() => say("lost"));
  watch();
}

// A text that could not be taken (session over, service down) waits in this tab for the page it was written on.
const kept = document.getElementById("kept");
if (kept) sessionStorage.setItem("kept " + location.pathname, kept.value);
if (document.querySelector("[data-left]")) sessionStorage.clear();
for (const area of document.querySelectorAll("form[method=post] textarea")) {
  const key = "kept " + area.form.getAttribute("action");
  const text = sessionStorage.getItem(key);
  if (text) area.value = text;
  sessionStorage.removeItem(key);
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// One click is one form; the server does not mind a second, but waiting should be seen.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  const buttons = [...event.target.querySelectorAll("button"), event.submitter].filter(Boolean);
  setTimeout(() => buttons.forEach((button) => (button.disabled = true)));
  window.addEventListener("pageshow", () => buttons.forEach((button) => (button.disabled = false)), { once: true });
});
