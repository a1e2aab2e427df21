// Beside forms that work without it: says how many are ticked, and ticks or unticks a whole list at once.

for (const form of document.querySelectorAll("form[data-round], form[data-picks]")) {
  const told = form.querySelector("[data-chosen]");
  const boxes = [...form.querySelectorAll("input[type=checkbox][name]")];
  const show = () => {
    const count = boxes.filter((box) => box.checked).length;
    if (told) told.textContent = count ? told.dataset.words.replace("%", String(count)) : "";
  };
  form.addEventListener("change", show);
  show();
}
