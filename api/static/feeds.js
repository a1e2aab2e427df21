// Copying the link and printing its card; the address can be marked and copied by hand as well.

for (const button of document.querySelectorAll("[data-copy]")) {
  // Browsers let pages write to the clipboard over https and on the machine itself alone.
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.querySelector("span").textContent = button.dataset.copied;
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
