/** The shop's API, at the address that this environment has. `get`: how to fetch. */
export async function connect(get = fetch) {
  const { apiUrl } = await read(get("/config.json"));
  return {
    products: () => read(get(new URL("products", apiUrl))),
    order: (product, quantity) =>
      read(get(new URL("orders", apiUrl), { method: "POST", body: JSON.stringify({ product, quantity }) })),
  };
}

async function read(pending) {
  const response = await pending;
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? `the shop answers with ${response.status}`);
  return body;
}
