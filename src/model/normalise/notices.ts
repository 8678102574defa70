import {
  type NoticeAddress,
  type NoticeChannel,
  type NoticeTarget,
  type NoticeTopic,
  noticeTopics,
} from "../delivery.ts";
import type { DefinitionPath } from "../refusal.ts";
import { type FormReader, must, setOwn } from "./form.ts";

const channels = [
  "slack",
  "teams",
  "webhook",
  "email",
  "sns",
  "eventbridge",
  "cdevents",
  "github",
  "otlp",
] as const satisfies readonly NoticeChannel[];
/** Those that read everything by program: a message for each beginning and end would tire people. */
const forPrograms: ReadonlySet<NoticeChannel> = new Set(["eventbridge", "cdevents", "github", "otlp"]);

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
  const to = readAddress(form, target, path);
  return {
    to,
    on: target.on === undefined || (topics.length > 0 && on.length === 0) ? topicsFor(to) : on,
    environments: form.strings(target.environments, [...path, "environments"], "or one"),
  };
}

const topicsFor = ({ kind }: NoticeAddress): NoticeTopic[] =>
  noticeTopics.filter((topic) => topic !== "run" || forPrograms.has(kind));

function readAddress(form: FormReader, target: Readonly<Record<string, unknown>>, path: DefinitionPath): NoticeAddress {
  const given = channels.filter((channel) => target[channel] !== undefined);
  const [kind = "webhook"] = given;
  if (given.length !== 1) {
    form.refuse("notice-without-one-address", path, {
      message: `"${path.at(-1)}" has ${given.length === 0 ? "no address" : `several addresses: ${given.join(", ")}`}`,
      help: `give exactly one of ${channels.slice(0, -1).join(", ")} and ${channels.at(-1)}; another address is a target of its own`,
    });
    return { kind: "webhook", url: unnamed };
  }
  const at = [...path, kind];
  if (kind === "slack" || kind === "teams") return { kind, url: secretName(form, target[kind], at) };
  if (kind === "sns") return { kind, topic: form.string(target.sns, at) ?? "" };
  if (kind === "eventbridge") return { kind, bus: form.string(target.eventbridge, at) ?? "" };
  if (kind === "github") {
    const { repository, token, api } = form.object(target.github, at, ["repository", "token", "api"]);
    return {
      kind,
      repository: form.string(must(repository), [...at, "repository"]) ?? "",
      token: secretName(form, token, [...at, "token"]),
      ...(api !== undefined && { api: form.string(api, [...at, "api"]) ?? "" }),
    };
  }
  if (kind === "otlp") {
    const { url, headers } = form.object(target.otlp, at, ["url", "headers"]);
    return {
      kind,
      url: secretName(form, url, [...at, "url"]),
      ...(headers !== undefined && { headers: secretName(form, headers, [...at, "headers"]) }),
    };
  }
  if (kind === "webhook" || kind === "cdevents") {
    const { url, signing } = form.object(target[kind], at, ["url", "signing"]);
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
