// Comforts of the frame. Everything here also works without: the search is a page, the unit has a button.

const PAUSE = 180;

const find = document.getElementById("find");
const found = document.getElementById("found");
const unit = document.getElementById("at-unit");
const faults = document.getElementById("faults");

document.documentElement.classList.add("scripted");

// What is wrong with a form is read out first.
if (faults) faults.focus();

// A second press while the first is on its way sends nothing; coming back to the page allows it again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

if (unit) unit.addEventListener("change", () => unit.form.submit());

document.addEventListener("keydown", (event) => {
  if (find && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    const toggle = document.querySelector(".toggle");
    if (toggle) toggle.open = true;
    find.focus();
    find.select();
  }
});

if (find && found) {
  let waiting = 0;
  let asked = 0;

  const close = () => {
    found.hidden = true;
    found.innerHTML = "";
  };

  const look = async () => {
    const words = find.value.trim();
    const mine = ++asked;
    if (!words) return close();
    const answer = await fetch(`/search/list?q=${encodeURIComponent(words)}`);
    // An answer that was overtaken by a later one is dropped.
    if (mine !== asked || !answer.ok || answer.redirected) return;
    found.innerHTML = await answer.text();
    found.hidden = false;
  };

  const step = (event, by) => {
    const stops = [find, ...found.querySelectorAll("a")];
    const at = stops.indexOf(document.activeElement);
    const next = stops[at + by];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };

  find.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, PAUSE);
  });

  find.form.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") step(event, 1);
    if (event.key === "ArrowUp") step(event, -1);
    if (event.key === "Escape" && !found.hidden) {
      event.preventDefault();
      close();
      find.focus();
    }
  });

  document.addEventListener("click", (event) => {
    if (!find.form.contains(event.target)) close();
  });
}
