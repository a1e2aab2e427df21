// Comforts of the frame. Everything here also works without: the search is a page, the unit has a button.

document.documentElement.classList.add("scripted");

const find = document.getElementById("find");
const unit = document.getElementById("at-unit");
const faults = document.getElementById("faults");

document.addEventListener("keydown", (event) => {
  if (find && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    const toggle = document.querySelector(".toggle");
    if (toggle) toggle.open = true;
    find.focus();
    find.select();
  }
});

if (unit) unit.addEventListener("change", () => unit.form.submit());

// What is wrong with a form is read out first.
if (faults) faults.focus();
