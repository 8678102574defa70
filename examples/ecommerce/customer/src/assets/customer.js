import { connect } from "./api.js";
import { offerOf, thanksFor } from "./offer.js";

const status = document.querySelector("[role=status]");
const list = document.querySelector("ul");
try {
  const shop = await connect();
  await show(shop);
  list.addEventListener("click", async ({ target }) => {
    if (!(target instanceof HTMLButtonElement)) return;
    try {
      status.textContent = thanksFor(await shop.order(target.value, 1));
    } catch (error) {
      status.textContent = error.message;
    }
    await show(shop);
  });
} catch (error) {
  status.textContent = error.message;
}

async function show(shop) {
  const offers = (await shop.products()).map(offerOf);
  if (status.textContent.startsWith("Loading")) {
    status.textContent = offers.length === 0 ? "Nothing to sell yet." : "What would you like?";
  }
  list.replaceChildren(
    ...offers.map(({ id, text, note, canOrder }) => {
      const item = document.createElement("li");
      const button = Object.assign(document.createElement("button"), { value: id, textContent: "Order" });
      button.disabled = !canOrder;
      item.append(`${text} `, button, ` ${note}`);
      return item;
    }),
  );
}
