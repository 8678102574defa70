/** The address is the state of the page: what is open, chosen and filtered stands in it, so that it survives a reload and can be sent. */
import { computed, signal } from "@preact/signals";
import { options } from "preact";
import { base, within } from "./data/place.ts";

/** Links are written like that too; what stands in the page is the whole address. */
if (base !== "") {
  options.vnode = ({ type, props }) => {
    const link = props as { href?: unknown };
    if (type === "a" && typeof link.href === "string") link.href = within(link.href);
  };
}

const address = signal(new URL(location.href));

/** Parts of the path, decoded: `/runs/r12` is `["runs", "r12"]`. */
export const path = computed(() =>
  address.value.pathname.slice(base.length).split("/").filter(Boolean).map(decodeURIComponent),
);

export const query = computed(() => address.value.searchParams);

export function go(to: string, { replace = false } = {}): void {
  const next = new URL(within(to), location.href);
  if (next.href === location.href) return;
  if (replace) history.replaceState(null, "", next);
  else history.pushState(null, "", next);
  const isOtherPage = next.pathname !== address.value.pathname;
  address.value = next;
  if (isOtherPage) scrollTo(0, 0);
}

/** Changes what is given of the query and keeps the rest; undefined takes a name out. */
export function withQuery(changes: Record<string, string | undefined>): string {
  const next = new URL(address.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) next.searchParams.delete(name);
    else next.searchParams.set(name, value);
  }
  return `${next.pathname}${next.search}`;
}

export const runAddress = (run: string, job?: string) =>
  `/runs/${encodeURIComponent(run)}${job === undefined ? "" : `?${new URLSearchParams({ job })}`}`;

export const releaseAddress = (release: number) => `/releases/${release}`;

/** Links are plain links; a click on one that stays here does not load the page anew. */
export function followLinks(): void {
  addEventListener("popstate", () => {
    address.value = new URL(location.href);
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = (event.target as Element).closest("a[href]");
    if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin || link.target || link.download) return;
    const [there = ""] = /^\/d\/[^/]+/.exec(link.pathname) ?? [];
    if (there !== base || link.pathname.startsWith(`${base}/api/`)) return;
    event.preventDefault();
    go(link.href);
  });
}
