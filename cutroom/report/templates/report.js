"use strict";
(() => {
  const player = document.getElementById("player");
  const now = document.getElementById("now");
  const cards = [...document.querySelectorAll(".clip[data-file]")];
  if (!player || !cards.length) return;

  const words = [...document.querySelectorAll("span[data-time]")];
  const times = words.map((word) => Number(word.dataset.time));
  let current = 0;
  let said = null;

  const start = (card) => Number(card.dataset.start);
  const holds = (card, time) => start(card) <= time && time < Number(card.dataset.end);

  function load(index) {
    current = index;
    const card = cards[index];
    const still = card.querySelector("img");
    player.replaceChildren();
    if (card.dataset.captions) {
      const track = document.createElement("track");
      track.kind = "captions";
      track.label = "Captions";
      track.src = card.dataset.captions;
      player.append(track);
    }
    player.poster = still ? still.src : "";
    player.src = card.dataset.file;
    now.textContent = card.dataset.title;
    for (const other of cards) other.removeAttribute("aria-current");
    card.setAttribute("aria-current", "true");
  }

  function play(index, offset = 0) {
    if (index < 0 || index >= cards.length) return;
    if (index !== current) load(index);
    const begin = () => {
      player.currentTime = offset;
      player.play().catch(() => {});
    };
    if (player.readyState >= 1) begin();
    else player.addEventListener("loadedmetadata", begin, { once: true });
    player.scrollIntoView({ block: "nearest" });
  }

  function jump(time) {
    const here = holds(cards[current], time) ? current : cards.findIndex((c) => holds(c, time));
    if (here >= 0) play(here, time - start(cards[here]));
    return here >= 0;
  }

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const timed = event.target.closest("[data-time]");
    if (timed) {
      if (jump(Number(timed.dataset.time))) event.preventDefault();
      return;
    }
    const link = event.target.closest("[data-play]");
    const index = link ? cards.findIndex((card) => card.id === link.dataset.play) : -1;
    if (index < 0) return;
    event.preventDefault();
    play(index);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "j") play(current - 1);
    else if (key === "l") play(current + 1);
    else if (key === "k") player.paused ? play(current, player.currentTime) : player.pause();
  });

  player.addEventListener("timeupdate", () => {
    const time = start(cards[current]) + player.currentTime;
    let low = 0;
    for (let high = times.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (times[middle] <= time) low = middle + 1;
      else high = middle;
    }
    if (said) said.classList.remove("said");
    said = words[low - 1] || null;
    if (said) said.classList.add("said");
  });

  cards[0].setAttribute("aria-current", "true");
})();
