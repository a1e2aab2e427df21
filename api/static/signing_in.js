// A password can be looked at while it is typed.

for (const form of document.querySelectorAll("form[data-shows]")) {
  const field = form.querySelector("input[type=password]");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small";
  button.textContent = form.dataset.shows;
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-controls", field.id);
  button.addEventListener("click", () => {
    const shows = field.type === "password";
    field.type = shows ? "text" : "password";
    button.textContent = shows ? form.dataset.hides : form.dataset.shows;
    button.setAttribute("aria-pressed", String(shows));
  });
  form.addEventListener("submit", () => { field.type = "password"; });
  field.closest(".field").append(button);
}
