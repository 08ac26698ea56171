// The phone: sends what the person says without ever losing it, shows what comes back. No dependency.
(function () {
  "use strict";

  let words = JSON.parse(document.getElementById("words").textContent);
  const version = document.getElementById("words").dataset.version, sources = words.sources;
  let refusals = words.errors, learning = "";
  const $ = function (id) { return document.getElementById(id); };
  const log = $("log"), scroll = $("scroll"), input = $("text"), notice = $("notice"), typing = $("typing");
  const QUEUE = "allervers.unsent";
  const OVERLAP = 30; // messages asked about again, as two writers may commit in another order than their ids
  const PATIENCE = 20000; // ms after which "is writing" would be a lie

  let held = new Map(); // id -> {message, node}
  let pending = new Map(); // client id -> node, for what has no id yet
  let queue = readQueue();
  let pumping = false, retryTimer = 0, tries = 0;
  let polling = null, listening = -1, again = false, era = 0, speaker = "bot", patienceTimer = 0;

  // ---- Storage: the queue survives a closed page; without storage it lives as long as the page.
  function readQueue() {
    try {
      const entries = JSON.parse(localStorage.getItem(QUEUE) || "[]");
      return Array.isArray(entries) ? entries.filter(function (e) { return e && e.id && e.body; }) : [];
    } catch (error) { return []; }
  }
  function writeQueue(change) {
    queue = change(queue);
    // Another tab may have changed it too: apply the same change to what is stored.
    try { localStorage.setItem(QUEUE, JSON.stringify(change(readQueue()))); } catch (error) { /* memory only */ }
  }
  function uuid() {
    if (window.crypto && crypto.randomUUID) return crypto.randomUUID();
    const b = crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 15) | 64;
    b[8] = (b[8] & 63) | 128;
    const hex = Array.from(b, function (n) { return ("0" + n.toString(16)).slice(-2); }).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  // ---- Drawing. Content only ever becomes text nodes.
  function make(tag, name, text) {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text) node.textContent = text;
    return node;
  }
  function link(href, text) {
    const node = make("a", "", text);
    node.href = href;
    if (/^https?:/.test(href)) {
      node.target = "_blank";
      node.rel = "noopener noreferrer";
    }
    return node;
  }
  function web(url) { return /^(https?:\/\/|\/(?!\/))/.test(String(url)) ? String(url) : null; }

  const LINKS = /((?:https?:\/\/[^\s<>"«»]+)|\/confidentialite\b)|((?:\+33[\s.]?|0)[1-9](?:[\s.]?\d{2}){4})(?!\d)/g;
  function fill(node, text, clickable) {
    let done = 0, found;
    LINKS.lastIndex = 0;
    while (clickable && (found = LINKS.exec(text))) {
      let shown = found[0];
      if (found[2] && /\d/.test(text.charAt(found.index - 1))) continue; // the end of a longer number
      if (found[1]) shown = shown.replace(/[).,;:!?…’]+$/, "");
      node.appendChild(document.createTextNode(text.slice(done, found.index)));
      node.appendChild(link(found[1] ? shown : "tel:" + shown.replace(/[\s.]/g, ""), shown));
      done = found.index + shown.length;
    }
    node.appendChild(document.createTextNode(text.slice(done)));
  }
  // Each sentence of ours stands on its own: a wall of text loses whoever reads with effort.
  function lines(node, text) {
    together(text).split("\n").forEach(function (said, at, all) {
      const quiet = sources.some(function (mark) { return said.startsWith(together(mark)); });
      const line = make("span", quiet ? "line quiet" : "line");
      fill(line, at + 1 < all.length ? said + "\n" : said, true); // a text copied or read aloud keeps its lines
      node.appendChild(line);
    });
  }
  // "83 600 €" and "Oui ?" must not break at the end of a line.
  function together(text) {
    return text.replace(/ (?=[?!:;»€%](?:[\s.,)]|$))|(\d) (?=\d{3}(?!\d))|(«) /g, "$1$2\u00a0");
  }
  function extra(item, author) {
    let href = null, text = item.title, icon = "link";
    if (item.kind === "location" && isFinite(item.lat) && isFinite(item.lon)) {
      const at = Number(item.lat) + "/" + Number(item.lon);
      href = "https://www.openstreetmap.org/?mlat=" + Number(item.lat) + "&mlon=" + Number(item.lon) + "#map=17/" + at;
      icon = "place";
      text = text || (author === "resident" ? words.my_position : words.see_map);
    } else if (item.kind === "calendar") {
      href = web(item.url);
      icon = "date";
      text = text || words.add_calendar;
    } else if (item.kind === "link") {
      href = web(item.url);
      text = text || words.open_link;
    }
    if (!href) return null;
    const node = make("span", "extra");
    const whole = link(href, text);
    whole.dir = "auto";
    whole.insertBefore(picture(icon), whole.firstChild);
    node.appendChild(whole);
    return node;
  }
  function picture(name) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg"), use = document.createElementNS(space, "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", "#i-" + name);
    svg.appendChild(use);
    return svg;
  }
  function clock(at) {
    const then = new Date(at);
    if (isNaN(then)) return "";
    const hour = then.toLocaleTimeString("fr-FR", { hour: "2-digit", minute: "2-digit" });
    if (then.toDateString() === new Date().toDateString()) return hour;
    return then.toLocaleDateString("fr-FR", { day: "2-digit", month: "2-digit" }) + " " + hour;
  }
  function draw(message) {
    const author = message.author === "resident" || message.author === "lead" ? message.author : "bot";
    const node = make("div", "said " + author);
    const names = { resident: words.you, bot: words.bot, lead: words.lead };
    node.appendChild(make("span", author === "lead" ? "who" : "hidden-words", names[author] + (author === "lead" ? "" : " : ")));
    const bubble = make("div", "bubble");
    if (message.text) {
      const p = make("p");
      p.dir = "auto";
      if (author === "resident") fill(p, message.text, false); else lines(p, message.text);
      bubble.appendChild(p);
    }
    (message.attachments || []).forEach(function (item) {
      const more = item && extra(item, author);
      if (more) bubble.appendChild(more);
    });
    if (window.aloud && author === "bot" && message.text) bubble.appendChild(aloud.button(message.id)); // listen.js
    node.appendChild(bubble);
    node.appendChild(make("span", "meta", message.at ? clock(message.at) : ""));
    return node;
  }
  function state(node, name, text) {
    steady(function () {
      node.classList.remove("unsent", "refused");
      if (name) node.classList.add(name);
      node.querySelector(".meta").textContent = text || "";
    });
  }
  function arrange() {
    let before = null;
    const time = function (node) { return node.classList[1] + node.querySelector(".meta").textContent; };
    Array.from(log.querySelectorAll(".said")).forEach(function (node) {
      const turned = before && before.classList[1] !== node.classList[1];
      node.classList.toggle("turned", Boolean(turned));
      // One time is enough for what was said in one breath.
      if (before) before.classList.toggle("followed", time(before) === time(node));
      node.classList.remove("followed");
      before = node;
    });
    $("welcome").hidden = before !== null;
    $("fresh").hidden = before === null;
    offer();
  }

  // ---- Quick replies: those of the assistant's last words, until something is answered.
  function offer() {
    const old = log.querySelector(".choices");
    let from = null;
    if (!pending.size) {
      const ids = Array.from(held.keys()).sort(function (a, b) { return b - a; });
      for (let i = 0; i < ids.length && held.get(ids[i]).message.author !== "resident"; i++) {
        if (held.get(ids[i]).message.choices.length) { from = ids[i]; break; }
      }
    }
    if (old && old.dataset.of === String(from)) { log.appendChild(old); return; }
    if (old) old.remove();
    if (from === null) return;
    const group = make("div", "choices");
    group.dataset.of = String(from);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", words.choices);
    held.get(from).message.choices.forEach(function (choice) {
      const button = make("button", "", choice.title);
      button.type = "button";
      button.dir = "auto";
      button.dataset.title = choice.title;
      button.dataset.payload = choice.payload || "";
      group.appendChild(button);
    });
    log.appendChild(group);
  }
  function tapped(event) {
    const button = event.target.closest && event.target.closest("button[data-title]");
    if (!button) return;
    const title = button.dataset.title, payload = button.dataset.payload;
    say(payload ? { payload: payload, title: title } : { text: title });
    // By keyboard the next thing is to write; by touch the keyboard must not jump up.
    if (event.detail === 0) input.focus(); else scroll.focus({ preventScroll: true });
  }

  // ---- Sending
  function say(body) {
    const entry = { id: uuid(), body: body };
    const referral = new URLSearchParams(location.search).get("r");
    if (referral) body.referral = referral;
    writeQueue(function (list) { return list.concat([entry]); });
    sketch(entry);
    bottom();
    pump();
  }
  function sketch(entry) {
    const body = entry.body;
    const place = body.location ? [{ kind: "location", lat: body.location.lat, lon: body.location.lon }] : [];
    const node = draw({ author: "resident", text: body.title || body.text || "", attachments: place });
    pending.set(entry.id, node);
    log.appendChild(node);
    arrange();
  }
  async function pump() {
    if (pumping) return;
    pumping = true;
    clearTimeout(retryTimer);
    const mine = era;
    let pause = 0;
    while (queue.length && !pause && mine === era) pause = await attempt(queue[0], mine);
    pumping = false;
    if (mine !== era) { if (queue.length) pump(); return; }
    if (pause) retryTimer = setTimeout(pump, pause); else if (!navigatorOffline()) tell("");
  }
  function navigatorOffline() { return navigator.onLine === false; }
  async function attempt(entry, mine) {
    let response;
    try {
      response = await ask("/phone/messages", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(Object.assign({ id: entry.id }, entry.body)),
      }, 20000);
    } catch (error) { response = null; }
    const answer = response ? await response.json().catch(function () { return {}; }) : {};
    if (mine !== era) return 0;
    const node = pending.get(entry.id);
    if (response && response.status === 202 && answer.message_id) {
      tries = 0;
      writeQueue(without(entry.id));
      settle(entry, answer.message_id);
      expect(answer.message_id);
      poll();
      return 0;
    }
    if (response && response.status >= 400 && response.status < 500 && response.status !== 429 && response.status !== 408) {
      writeQueue(without(entry.id));
      pending.delete(entry.id);
      const refusal = refusals[answer.error] || answer.message || "";
      if (node) state(node, "refused", refusal);
      tell(refusal);
      return 0;
    }
    tries += 1;
    if (node) state(node, "unsent", words.unsent);
    tell(refusals[answer.error] || answer.message || (navigatorOffline() || !response ? words.offline : words.unsent));
    const asked = response ? Number(response.headers.get("Retry-After")) * 1000 : 0;
    return Math.max(asked || 0, Math.min(30000, 250 * Math.pow(2, Math.min(tries, 7))) * (0.75 + Math.random() / 2));
  }
  function without(id) {
    return function (list) { return list.filter(function (entry) { return entry.id !== id; }); };
  }
  function settle(entry, id) {
    const node = pending.get(entry.id);
    pending.delete(entry.id);
    if (!node) return;
    if (held.has(id)) { node.remove(); arrange(); return; }
    const now = new Date().toISOString();
    state(node, "", clock(now));
    hold({ id: id, author: "resident", text: "", choices: [], attachments: [], at: now }, node);
    arrange();
  }
  function ask(url, options, limit) {
    const stop = new AbortController();
    const timer = setTimeout(function () { stop.abort(); }, limit);
    options.signal = stop.signal;
    options.credentials = "same-origin";
    const promise = fetch(url, options);
    promise.then(function () { clearTimeout(timer); }, function () { clearTimeout(timer); });
    promise.stop = function () { stop.abort(); };
    return promise;
  }

  // ---- Receiving
  function hold(message, node) {
    held.set(message.id, { message: message, node: node });
    node.dataset.id = message.id;
    let next = null;
    const nodes = log.querySelectorAll(".said");
    for (let i = 0; i < nodes.length && !next; i++) {
      const other = Number(nodes[i].dataset.id || Infinity);
      if (nodes[i] !== node && other > message.id) next = nodes[i];
    }
    if (next ? node.nextElementSibling !== next : node.parentNode !== log || hasLater(node)) log.insertBefore(node, next);
  }
  function hasLater(node) {
    while ((node = node.nextElementSibling)) if (node.classList.contains("said")) return true;
    return false;
  }
  function receive(messages) {
    const fresh = [];
    messages.forEach(function (message) {
      if (held.has(message.id)) return;
      message.choices = message.choices || [];
      const mine = message.client_id && pending.get(message.client_id);
      if (mine) {
        pending.delete(message.client_id);
        writeQueue(without(message.client_id));
        state(mine, "", clock(message.at));
      }
      const node = mine || draw(message);
      hold(message, node);
      if (message.author !== "resident") fresh.push(node);
    });
    if (fresh.length) expected();
    if (messages.length) {
      arrange();
      reveal(fresh);
    }
  }
  async function poll() {
    if (document.hidden) return;
    if (listening === era) { again = true; return; }
    const mine = listening = era;
    let wait = 0, pause = 0;
    while (mine === era && !document.hidden) {
      again = false;
      const ids = Array.from(held.keys()).sort(function (a, b) { return a - b; });
      const after = ids.length > OVERLAP ? ids[ids.length - OVERLAP - 1] : 0;
      const known = ids.slice(-OVERLAP).join(",");
      const start = Date.now();
      try {
        polling = ask("/phone/messages?after=" + after + "&known=" + known + "&wait=" + wait, {}, wait * 1000 + 20000);
        const response = await polling;
        if (!response.ok) throw new Error(String(response.status));
        const answer = await response.json();
        if (mine !== era) return;
        spoken(answer.speaker);
        learn(answer.language);
        receive(answer.messages);
        pause = answer.messages.length || !wait || Date.now() - start > 1000 ? 0 : 1000;
        wait = 25;
        if (!answer.conversation && !again) break;
      } catch (error) {
        if (mine !== era) return;
        pause = Math.min(20000, (pause || 700) * 1.7);
      }
      if (pause) await new Promise(function (go) { setTimeout(go, pause); });
    }
    if (mine === listening) listening = -1;
  }
  function spoken(by) {
    speaker = by;
    $("speaker").textContent = by === "lead" ? words.human : words.robot;
    if (by === "lead") expected();
  }
  // ---- Language: the page's words follow the conversation's.
  async function learn(language) {
    if (!language || language === document.documentElement.lang || language === learning) return;
    learning = language;
    try {
      const response = await ask("/phone/words/" + language + "?v=" + version, {}, 20000);
      if (response.ok && learning === language) dress(await response.json());
    } catch (error) { /* the next answer tries again */ }
    learning = "";
  }
  function dress(said) {
    document.documentElement.lang = said.language;
    document.documentElement.dir = said.direction;
    words = said.script;
    refusals = said.errors;
    document.querySelectorAll("[data-w]").forEach(function (node) {
      node.textContent = said.page[node.dataset.w];
      if (node.parentNode.dataset.title) node.parentNode.dataset.title = node.textContent;
    });
    document.querySelectorAll("[data-w-label]").forEach(function (node) {
      node.setAttribute("aria-label", said.page[node.dataset.wLabel]);
    });
    const choices = log.querySelector(".choices");
    if (choices) choices.setAttribute("aria-label", words.choices);
    if (window.aloud) aloud.learn(said.aloud);
    spoken(speaker);
    bottom();
  }
  function expect(id) {
    const answered = Array.from(held.values()).some(function (each) {
      return each.message.id > id && each.message.author !== "resident";
    });
    if (speaker === "lead" || answered) return;
    typing.hidden = false;
    bottom();
    clearTimeout(patienceTimer);
    patienceTimer = setTimeout(function () { typing.hidden = true; tell(words.slow); }, PATIENCE);
  }
  function expected() {
    clearTimeout(patienceTimer);
    typing.hidden = true;
    if (notice.textContent === words.slow) tell("");
  }
  function bottom() { scroll.scrollTop = scroll.scrollHeight; }
  function reveal(fresh) {
    bottom();
    // A long answer is read from its first line.
    const gap = fresh.length ? fresh[0].getBoundingClientRect().top - scroll.getBoundingClientRect().top - 12 : 0;
    if (gap < 0) scroll.scrollTop += gap;
    more();
  }
  function atEnd() { return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 48; }
  function more() { $("more").hidden = !held.size || atEnd(); }
  function steady(change) {
    const end = atEnd();
    change();
    if (end) bottom();
  }
  function tell(text) {
    if (notice.textContent !== text) steady(function () { notice.textContent = text; });
  }

  // ---- Position
  function locate() {
    const button = $("position");
    if (button.getAttribute("aria-disabled") === "true") return;
    if (!navigator.geolocation || window.isSecureContext === false) { tell(words.position_fail); return; }
    button.setAttribute("aria-disabled", "true");
    tell(words.position_wait);
    const over = function (text) { button.removeAttribute("aria-disabled"); tell(text); };
    navigator.geolocation.getCurrentPosition(function (found) {
      over("");
      // Ten metres are enough to find a door: no finer position leaves the phone.
      const round = function (degrees) { return Math.round(degrees * 1e4) / 1e4; };
      say({ location: { lat: round(found.coords.latitude), lon: round(found.coords.longitude) } });
    }, function (error) {
      over(error.code === 1 ? words.position_no : words.position_fail);
      input.focus();
    }, { timeout: 15000, maximumAge: 60000 });
  }

  // ---- A new conversation
  async function forget() {
    let response = null;
    try { response = await ask("/phone/forget", { method: "POST" }, 15000); } catch (error) { /* said below */ }
    if (!response || !response.ok) { tell(words.offline); return; }
    era += 1;
    if (window.aloud) aloud.hush();
    if (polling) polling.stop();
    clearTimeout(retryTimer);
    tries = 0;
    writeQueue(function () { return []; });
    held = new Map();
    pending = new Map();
    log.textContent = "";
    expected();
    spoken("bot");
    tell("");
    arrange();
    input.focus();
  }

  // ---- Wiring
  function grow() {
    input.style.height = "auto";
    input.style.height = input.scrollHeight + 3 + "px";
  }
  function submit() {
    const text = input.value.trim();
    if (!text) { input.focus(); return; }
    input.value = "";
    grow();
    say({ text: text });
  }
  $("composer").addEventListener("submit", function (event) { event.preventDefault(); submit(); input.focus(); });
  input.addEventListener("input", grow);
  input.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  log.addEventListener("click", tapped);
  log.addEventListener("unheard", function (event) { tell(event.detail); });
  scroll.addEventListener("scroll", more, { passive: true });
  window.addEventListener("resize", more);
  $("more").addEventListener("click", function () {
    scroll.scrollTop += scroll.clientHeight * 0.8;
    if (atEnd()) scroll.focus({ preventScroll: true });
  });
  $("welcome").addEventListener("click", tapped);
  $("position").addEventListener("click", locate);
  $("fresh").addEventListener("click", function () {
    const dialog = $("ask");
    if (dialog.showModal) dialog.showModal();
    else if (window.confirm($("ask-title").textContent)) forget();
  });
  $("ask-no").addEventListener("click", function () { $("ask").close(); });
  $("ask-yes").addEventListener("click", function () { $("ask").close(); forget(); });
  window.addEventListener("online", function () { tell(""); pump(); poll(); });
  window.addEventListener("offline", function () { tell(words.offline); });
  document.addEventListener("visibilitychange", function () {
    if (document.hidden) return;
    if (polling) polling.stop(); // a connection that slept with the phone may never answer
    pump();
    poll();
  });
  if (window.visualViewport) visualViewport.addEventListener("resize", function () { if (document.activeElement === input) bottom(); });
  if (navigator.cookieEnabled === false) tell(words.cookies);

  queue.forEach(sketch);
  poll();
  pump();
})();
