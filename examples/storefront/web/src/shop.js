import { formatPrice } from "./price.js";

const list = document.querySelector("#products");
const products = await (await fetch(`${list.dataset.api}/products`)).json();
list.replaceChildren(
  ...products.map(({ name, priceCents }) => {
    const item = document.createElement("li");
    item.textContent = `${name}: ${formatPrice(priceCents)}`;
    return item;
  }),
);
