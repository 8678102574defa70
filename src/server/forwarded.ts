/**
 * How a server that stands by says that it passes a request on. One hop and no more: who leads changes, and two must not send a request
 * to and fro.
 */
export const forwardedHeader = "baton-forwarded";
/** Of a server that others than this machine reach: whoever leads must not take them for somebody on its own. */
export const fromOthers = "from-others";
export const fromHere = "from-here";
