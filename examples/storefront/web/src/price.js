/** 1450 -> "14.50". Takes whole cents, at least 0. */
export function formatPrice(cents) {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
}
