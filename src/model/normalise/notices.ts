import { type NoticeAddress, type NoticeTarget, noticeTopics } from "../delivery.ts";
import type { DefinitionPath } from "../refusal.ts";
import { type FormReader, must, setOwn } from "./form.ts";

const channels = ["slack", "teams", "webhook", "email"] as const;

export function readNotices(form: FormReader, value: unknown): Record<string, NoticeTarget> {
  const targets: Record<string, NoticeTarget> = {};
  for (const [name, item] of form.entries(value, ["notices"])) setOwn(targets, name, readTarget(form, item, name));
  return targets;
}

function readTarget(form: FormReader, value: unknown, name: string): NoticeTarget {
  const path = ["notices", name];
  const target = form.object(value, path, [...channels, "on", "environments"]);
  const topics = form.list(target.on, [...path, "on"], "or one");
  const on = topics.flatMap(([topic, at]) => form.word(must(topic), at, noticeTopics) ?? []);
  return {
    to: readAddress(form, target, path),
    on: target.on === undefined || (topics.length > 0 && on.length === 0) ? [...noticeTopics] : on,
    environments: form.strings(target.environments, [...path, "environments"], "or one"),
  };
}

function readAddress(form: FormReader, target: Readonly<Record<string, unknown>>, path: DefinitionPath): NoticeAddress {
  const given = channels.filter((channel) => target[channel] !== undefined);
  const [kind = "webhook"] = given;
  if (given.length !== 1) {
    form.refuse("notice-without-one-address", path, {
      message: `"${path.at(-1)}" has ${given.length === 0 ? "no address" : `several addresses: ${given.join(", ")}`}`,
      help: "give exactly one of slack, teams, webhook and email; another address is a target of its own",
    });
    return { kind: "webhook", url: unnamed };
  }
  const at = [...path, kind];
  if (kind === "slack" || kind === "teams") return { kind, url: secretName(form, target[kind], at) };
  if (kind === "webhook") {
    const { url, signing } = form.object(target.webhook, at, ["url", "signing"]);
    return {
      kind,
      url: secretName(form, url, [...at, "url"]),
      ...(signing !== undefined && { signing: secretName(form, signing, [...at, "signing"]) }),
    };
  }
  const { server, from, to } = form.object(target.email, at, ["server", "from", "to"]);
  return {
    kind,
    server: secretName(form, server, [...at, "server"]),
    from: form.string(must(from), [...at, "from"]) ?? "",
    to: form.strings(must(to), [...at, "to"], "or one"),
  };
}

/** Whoever knows such an address may write there: it stands in no definition. */
function secretName(form: FormReader, value: unknown, path: DefinitionPath): string {
  if (value === undefined) {
    form.wrongForm(path, 'a secret: secret("NAME"), in YAML { secret: NAME }', must(value));
    return unnamed;
  }
  if (typeof value === "string") {
    form.refuse("wrong-form", path, {
      message: `"${path.at(-1)}" is an address that only some may know, and stands here for everybody`,
      help: 'put it into an environment variable or a file of secrets and name that: secret("NAME"), in YAML { secret: NAME }',
    });
    return unnamed;
  }
  const { secret } = form.object(value, path, ["secret"]);
  return form.string(must(secret), [...path, "secret"]) ?? unnamed;
}

const unnamed = "UNNAMED";
