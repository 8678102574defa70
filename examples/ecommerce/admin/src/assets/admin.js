import { connect } from "./api.js";
import { rowsOf, summaryOf } from "./stock.js";

const status = document.querySelector("[role=status]");
try {
  const products = await (await connect()).products();
  status.textContent = summaryOf(products);
  const body = document.querySelector("tbody");
  for (const { name, stock, worth, isLow } of rowsOf(products)) {
    const row = body.insertRow();
    row.className = isLow ? "low" : "";
    for (const text of [name, stock, worth]) row.insertCell().textContent = text;
  }
  document.querySelector("table").hidden = products.length === 0;
} catch (error) {
  status.textContent = error.message;
}
