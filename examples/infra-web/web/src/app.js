import { lineFor } from "./line.js";

const list = document.querySelector("#items");
const response = await fetch(`${list.dataset.api}/items`);
for (const item of await response.json()) {
  const entry = document.createElement("li");
  entry.textContent = lineFor(item);
  list.append(entry);
}
