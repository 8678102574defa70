/**
 * Amounts in whole cents whose sum is the rounded sum of the amounts: what is lost by rounding down goes to those that
 * lost most. So a column of them adds up to what stands below it.
 */
export function centsThatAddUp(amounts: readonly number[]): number[] {
  const exact = amounts.map((usd) => Math.round(usd * 1e6) / 1e4);
  const cents = exact.map(Math.floor);
  let left = Math.round(exact.reduce((sum, each) => sum + each, 0)) - cents.reduce((sum, each) => sum + each, 0);
  const byLoss = exact.map((_, at) => at).sort((a, b) => exact[b]! - cents[b]! - (exact[a]! - cents[a]!) || a - b);
  for (const at of byLoss) {
    if (left <= 0) break;
    cents[at]!++;
    left--;
  }
  return cents;
}

/** `$1.05`, `-$0.20`. */
export function dollars(cents: number): string {
  return `${cents < 0 ? "-" : ""}$${(Math.abs(cents) / 100).toFixed(2)}`;
}

/** `+$1.05`, `-$0.20`, `$0.00`: a difference. */
export function difference(cents: number): string {
  return `${cents > 0 ? "+" : ""}${dollars(cents)}`;
}
