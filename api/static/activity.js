// Comforts of an activity's pages. Everything here has a plain link or form behind it.

// Candidates take a moment to find, so the places stand first and bring them along afterwards.
const awaited = document.querySelector("#candidates[data-brings]");
if (awaited) {
  awaited.setAttribute("aria-busy", "true");
  fetch(awaited.dataset.brings, { headers: { Accept: "text/html" } })
    .then((answer) => (answer.ok && !answer.redirected ? answer.text() : ""))
    .then((text) => {
      const found = new DOMParser().parseFromString(text, "text/html").querySelector("#candidates");
      if (found) awaited.replaceWith(document.adoptNode(found));
    })
    .catch(() => {})
    .finally(() => awaited.removeAttribute("aria-busy"));
}

// The field for a stand-in is shown where it is wanted.
const list = document.querySelector(".attended");
if (list) {
  const look = (row) => {
    const chosen = row.querySelector("input[type=radio]:checked");
    const wanted = chosen !== null && chosen.value === "instead";
    row.querySelector(".stand-in").classList.toggle("wanted", wanted);
    return wanted;
  };
  list.classList.add("scripted-list");
  list.querySelectorAll("li").forEach(look);
  list.addEventListener("change", (event) => {
    const row = event.target.closest("li");
    if (row && event.target.type === "radio" && look(row)) row.querySelector(".stand-in input").focus();
  });
}
