import type { Json, Understood } from "../description.ts";
import type { Operation } from "../operations.ts";
import type { Repository, Token, World } from "../world.ts";

export interface Call {
  readonly world: World;
  /** The one in the path; the answer is 404 where there is none. */
  readonly repository: Repository;
  readonly asked: Understood;
  readonly token: Token;
}

export interface Answer {
  readonly status: number;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Answers = { readonly [Name in Operation]?: (call: Call) => Answer };

export const ok = (body: Json): Answer => ({ status: 200, body });
export const notFound: Answer = { status: 404, body: { message: "Not Found" } };
export const refused = (message: string): Answer => ({ status: 422, body: { message } });
export const nothing = (status: number): Answer => ({ status });

/** A page of a list, with the links to the others; `key` names it beside `total_count`, where GitHub does that. */
export function page({ world, asked }: Call, items: readonly Json[], key?: string): Answer {
  const perPage = Math.min(Number(asked.query.per_page ?? 30), 100);
  const at = Number(asked.query.page ?? 1);
  const ordered = world.listing === "newest-first" ? [...items].reverse() : [...items];
  const shown = ordered.slice((at - 1) * perPage, at * perPage);
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const path = asked.operation
    .split(" ")[1]!
    .replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(asked.path[name]!));
  const link = (to: number, rel: string) => {
    const query = new URLSearchParams({ ...asked.query, page: String(to) });
    return `<https://api.github.com${path}?${query}>; rel="${rel}"`;
  };
  const links = at < last ? [link(at + 1, "next"), link(last, "last")] : [];
  return {
    status: 200,
    body: key === undefined ? shown : { total_count: items.length, [key]: shown },
    ...(links.length > 0 && { headers: { link: links.join(", ") } }),
  };
}

export const person = (login: string): Json => ({ login });
