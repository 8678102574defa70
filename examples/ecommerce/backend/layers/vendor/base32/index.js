/** Without I, L, O and U: nobody mistakes a letter when an order is read out on the telephone. */
const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Bytes as letters, five bits each, the last ones padded with zeros. */
export function encode(bytes) {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += letters[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + letters[(held << (5 - bits)) & 31];
}
