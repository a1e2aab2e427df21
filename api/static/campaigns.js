// The form of a campaign: its dates are shown while it is being filled in, and parts that say nothing are put away.
// Everything here is an addition: the form works as it is.

const WAIT = 300;
const form = document.querySelector("form[data-preview]");

if (form !== null) {
  const shown = document.getElementById("preview");
  const live = document.getElementById("preview-live");
  let waiting = 0;
  let asked = 0;
  let last = "";

  function written() {
    return new URLSearchParams(new FormData(form)).toString();
  }

  function arrange() {
    const parts = [
      [".when-until", form.elements.stop.value === "until"],
      [".when-count", form.elements.stop.value === "count"],
      [".when-shifted", form.elements.shift_side.value !== ""],
    ];
    for (const [part, says] of parts) form.querySelector(part).hidden = !says;
    for (const row of form.querySelectorAll("select[name^=whom_]")) {
      const who = form.elements[row.name.replace("whom_", "who_")];
      who.closest(".piece").hidden = row.value.startsWith("role:");
    }
  }

  async function foresee(isFirst) {
    const now = written();
    if (now === last) return;
    last = now;
    const mine = ++asked;
    shown.setAttribute("aria-busy", "true");
    let words = form.dataset.saysFailed;
    try {
      const answer = await fetch(form.dataset.preview, {
        method: "POST",
        body: now,
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        credentials: "same-origin",
      });
      if (mine !== asked) return;
      if (answer.ok && !answer.redirected) {
        shown.innerHTML = await answer.text();
        words = document.getElementById("preview-says").textContent;
      }
    } catch {
      if (mine !== asked) return;
    }
    shown.setAttribute("aria-busy", "false");
    if (!isFirst && live.textContent !== words) live.textContent = words;
  }

  function later() {
    arrange();
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => foresee(false), WAIT);
  }

  arrange();
  if (form.querySelector("[name=pattern]:checked") === null || shown.querySelector("#preview-says") !== null) last = written();
  else foresee(true);
  form.addEventListener("input", later);
  form.addEventListener("change", later);
}

const faults = document.getElementById("faults");
if (faults !== null) faults.focus();
