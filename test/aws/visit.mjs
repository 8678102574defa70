/** For programs under test (`--import`): names of AWS lead to the emulator, as name servers would have it. */
const plain = globalThis.fetch;

globalThis.fetch = (address, options) => {
  const { hostname, pathname, search } = new URL(address);
  const isAws = /\.(amazonaws\.com|cloudfront\.net)$/.test(hostname);
  return plain(
    isAws ? `${process.env.AWS_ENDPOINT_URL}/emulator/visit/${hostname}${pathname}${search}` : address,
    options,
  );
};
