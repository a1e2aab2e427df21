// What would follow from a move, while the day is being chosen: the form's own preview, asked for by itself.
const WAIT = 300;
const form = document.querySelector("form[data-looks-ahead]");

if (form) {
  let timer = 0;
  let asked = 0;

  const look = async () => {
    const mine = (asked += 1);
    const answer = await fetch(form.dataset.looksAhead, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "text/html" },
    }).catch(() => null);
    if (!answer || mine !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const told = page.getElementById("follows");
    const wrong = page.getElementById("faults");
    if (mine !== asked) return;
    const room = document.getElementById("follows");
    if (answer.ok && told) room.replaceChildren(...told.childNodes);
    else if (wrong) room.replaceChildren(room.querySelector("h2"), ...wrong.querySelectorAll("p, ul"));
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, WAIT);
  });
  look();
}

// What only an activity by itself has is asked for only of one.
for (const room of document.querySelectorAll("[data-without]")) {
  const other = document.getElementById(room.dataset.without);
  const show = () => {
    room.hidden = other.value !== "";
    room.disabled = room.hidden;
  };
  other.addEventListener("change", show);
  show();
}
