/** What a new function answers until the web pipeline brings the real code. */
export const handler = async () => ({ statusCode: 503, body: "Not deployed yet" });
