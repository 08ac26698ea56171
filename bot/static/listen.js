// Sound: one answer at a time, and only when asked for. The page holds this script where the service has a voice.
(function () {
  "use strict";

  let words = JSON.parse(document.getElementById("listen-words").textContent);
  let playing = null; // {audio, button}
  let told = false; // that a sound failed

  function icon(name) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg"), use = document.createElementNS(space, "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", "#i-" + name);
    svg.appendChild(use);
    return svg;
  }
  function dress(button, name, text) {
    const shown = document.createElement("span"), heard = document.createElement("span");
    shown.textContent = text;
    heard.textContent = words.this_answer;
    heard.className = "hidden-words";
    button.replaceChildren(icon(name), shown, heard);
  }
  function hush() {
    if (!playing) return;
    const over = playing;
    playing = null;
    over.audio.pause();
    over.audio.removeAttribute("src"); // what is left is not fetched
    over.audio.load();
    dress(over.button, "sound", words.listen);
  }
  function play(button, id) {
    const again = playing && playing.button === button;
    hush();
    if (again) return;
    const audio = new Audio(), mine = playing = { audio: audio, button: button };
    const failed = function () {
      if (playing !== mine) return;
      hush();
      told = true;
      button.dispatchEvent(new CustomEvent("unheard", { bubbles: true, detail: words.fail }));
    };
    const light = audio.canPlayType('audio/ogg; codecs="opus"') ? "?light" : "";
    audio.addEventListener("ended", function () { if (playing === mine) hush(); });
    audio.addEventListener("error", failed);
    audio.src = "/phone/messages/" + id + "/audio" + light;
    if (told) button.dispatchEvent(new CustomEvent("unheard", { bubbles: true, detail: "" }));
    told = false;
    dress(button, "stop", words.stop);
    Promise.resolve(audio.play()).catch(failed);
  }
  window.aloud = {
    hush: hush,
    learn: function (said) {
      words = said;
      document.querySelectorAll("button.listen").forEach(function (button) {
        const plays = playing && playing.button === button;
        dress(button, plays ? "stop" : "sound", plays ? words.stop : words.listen);
      });
    },
    button: function (id) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "listen";
      button.addEventListener("click", function () { play(button, id); });
      dress(button, "sound", words.listen);
      return button;
    },
  };
})();
