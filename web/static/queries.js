// The page of queries under way: a click on "End" flows in, the end of that query flows out.
"use strict";

for (const button of document.querySelectorAll("button.end")) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    const response = await fetch(button.dataset.href, { method: "DELETE" });
    button.textContent = response.ok || response.status === 404 ? "Ended" : `Not ended (${response.status})`;
  });
}
