/** Which of several deliveries these pages are of. What is computed for them is tested without a browser, so there may be none. */

/** Where the pages of this delivery are: `/d/shop`; empty where it has the server for itself. */
export const base = /^\/d\/[^/]+/.exec(globalThis.location?.pathname ?? "")?.[0] ?? "";

/** The server has several deliveries. Its root is not a delivery's board then. */
export const isOfSeveral = globalThis.document?.querySelector('meta[name="deliveries"]') instanceof Object;
export const isOverview = isOfSeveral && base === "";
export const overviewAddress = `${globalThis.location?.origin}/`;

/** Pages and the server are named as if there was one delivery: `/runs` is `/d/shop/runs`. */
export const within = (to: string) => (to.startsWith("/") && !isWithin(to) ? base + to : to);

const isWithin = (to: string) => to.startsWith("/d/");
