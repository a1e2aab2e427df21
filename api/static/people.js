// The register: one tick in the head ticks all of the page. Without this the boxes are ticked one by one.

const table = document.querySelector("table.people");
const head = table && table.querySelector("th.pick");

if (head) {
  const boxes = Array.from(table.querySelectorAll("td.pick input"));
  const all = document.createElement("input");
  const label = document.createElement("label");
  all.type = "checkbox";
  label.append(head.querySelector(".unseen"), all);
  head.append(label);
  all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
  table.addEventListener("change", (event) => {
    if (event.target === all) return;
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  });
}
