// Picking cards up: dropped on a stage, a card opens the form of the step that leads there, as its link does.
const board = document.getElementById("board");
const said = document.getElementById("said");
const FAR_ENOUGH = 6;

function stepsOf(card) {
  return new Map(card.dataset.drops.split(" ").map((each) => each.split("=")));
}

function stageAt(x, y) {
  const under = document.elementFromPoint(x, y);
  return under && under.closest(".stage");
}

function pickUp(card, start) {
  const steps = stepsOf(card);
  let ghost = null;
  let over = null;

  function begin() {
    const box = card.getBoundingClientRect();
    ghost = card.cloneNode(true);
    ghost.classList.add("ghost");
    ghost.setAttribute("aria-hidden", "true");
    ghost.style.width = `${box.width}px`;
    document.body.append(ghost);
    card.classList.add("held");
    for (const stage of board.querySelectorAll(".stage")) {
      stage.classList.toggle("never", !steps.has(stage.dataset.stage) && !stage.contains(card));
    }
  }

  function move(event) {
    if (!ghost) {
      if (Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) < FAR_ENOUGH) return;
      begin();
    }
    ghost.style.left = `${event.clientX + 8}px`;
    ghost.style.top = `${event.clientY + 8}px`;
    const now = stageAt(event.clientX, event.clientY);
    if (now !== over) {
      if (over) over.classList.remove("onto");
      over = now;
      if (over && steps.has(over.dataset.stage)) over.classList.add("onto");
    }
  }

  function end() {
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", drop);
    document.removeEventListener("pointercancel", end);
    document.removeEventListener("keydown", cancel);
    if (ghost) ghost.remove();
    card.classList.remove("held");
    for (const stage of board.querySelectorAll(".stage")) stage.classList.remove("never", "onto");
  }

  function cancel(event) {
    if (event.key === "Escape") end();
  }

  function drop(event) {
    const wasHeld = ghost !== null;
    end();
    if (!wasHeld) return;
    // The click that may end a drag must not follow the link under it.
    const stay = (click) => click.preventDefault();
    document.addEventListener("click", stay, true);
    window.setTimeout(() => document.removeEventListener("click", stay, true), 0);
    const stage = stageAt(event.clientX, event.clientY);
    if (!stage || stage.contains(card)) return;
    const step = steps.get(stage.dataset.stage);
    if (step) window.location.assign(`${card.dataset.address}?do=${step}#step`);
    else said.textContent = board.dataset.refused;
  }

  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", end);
  document.addEventListener("keydown", cancel);
}

if (board) {
  board.addEventListener("pointerdown", (event) => {
    // A finger scrolls; who touches takes the card's own link.
    if (event.button !== 0 || event.pointerType === "touch") return;
    const card = event.target.closest(".card[data-drops]");
    if (card) pickUp(card, event);
  });
  // Browsers drag links by themselves, which would end ours.
  board.addEventListener("dragstart", (event) => event.preventDefault());
}
