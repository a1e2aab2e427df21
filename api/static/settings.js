// Additions to the forms of the settings: what would follow is shown while somebody types. Without this, a button asks.

const WAIT_MS = 400;

for (const button of document.querySelectorAll("[data-try]")) {
  follow(button.form, button.getAttribute("formaction"));
}

function follow(form, address) {
  let waiting = 0;
  let asked = 0;
  form.addEventListener("input", () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(ask, WAIT_MS);
  });

  async function ask() {
    const mine = ++asked;
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(address, { method: "POST", body }).catch(() => null);
    if (mine !== asked || !answer || ![200, 422].includes(answer.status)) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("effects");
    const shown = document.getElementById("effects");
    if (mine === asked && fresh && shown && answer.status === 200) shown.replaceChildren(...fresh.childNodes);
  }
}

// Days of a year: the arrows go from day to day, the space bar marks.
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

for (const months of document.querySelectorAll("[data-days]")) {
  months.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || !(event.target instanceof HTMLInputElement)) return;
    const days = Array.from(months.querySelectorAll(".date"));
    const next = days[days.indexOf(event.target.closest(".date")) + step];
    if (!next) return;
    event.preventDefault();
    next.querySelector("input").focus();
  });
}

// What is shown once can be copied.
for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const from = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(from.textContent);
      button.querySelector("[data-said]").textContent = button.dataset.done;
    } catch {
      window.getSelection().selectAllChildren(from);
    }
  });
}
