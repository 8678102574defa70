import type { Access, Binding, Effect, Key } from "../facts/access.ts";
import type { CommandCall } from "./call.ts";
import { resourceAccess } from "./rows.ts";
import { dropLeading, keyText, leadingText, splitKey } from "./words.ts";

/** What container tools push to and pull from registries. Builds that stay on the machine are no access. */
export function readImages(call: CommandCall): readonly Access[] | undefined {
  const { args, program } = call;
  const [first, second, third] = [args.text(0), args.text(1), args.text(2)];
  const last = args.positionals.at(-1)?.key ?? [];
  switch (program) {
    case "docker":
    case "podman":
    case "buildah":
      if (first === "push" || (first === "manifest" && second === "push") || (first === "image" && second === "push")) {
        return images(call, `${program} push`, "write", [last]);
      }
      if (first === "pull" || (first === "image" && second === "pull")) {
        return images(call, `${program} pull`, "read", [last]);
      }
      if (first === "buildx" && second === "imagetools" && third === "create") {
        return images(call, "docker buildx imagetools create", "write", args.allOptions("-t", "--tag"));
      }
      if (first === "build" || (first === "buildx" && (second === "build" || second === "bake"))) return built(call);
      return program === "docker" && first === "stack" ? undefined : [];
    case "skopeo":
      return first === "copy"
        ? copied(
            call,
            args.positionals.slice(1).map(({ key }) => withoutTransport(key)),
          )
        : [];
    case "crane":
      if (first === "copy" || first === "cp")
        return copied(
          call,
          args.positionals.slice(1).map(({ key }) => key),
        );
      return first === "push" || first === "tag" ? images(call, `crane ${first}`, "write", [last]) : [];
    case "regctl":
      return first === "image" && second === "copy"
        ? copied(
            call,
            args.positionals.slice(2).map(({ key }) => key),
          )
        : [];
    case "executor":
      return images(call, "kaniko", "write", args.allOptions("--destination", "-d"));
    case "gcloud":
      return first === "builds" && second === "submit" && args.has("--tag", "-t")
        ? images(call, "gcloud builds submit", "write", args.allOptions("--tag", "-t"))
        : undefined;
    case "az":
      return first === "acr" && second === "build"
        ? images(call, "az acr build", "write", args.allOptions("--image", "-t"))
        : undefined;
    default:
      return undefined;
  }
}

function built(call: CommandCall): Access[] {
  const { args } = call;
  const output = args.allOptions("-o", "--output").map((key) => keyText(key) ?? "");
  const pushes = args.has("--push") || output.some((text) => /type=registry|push=true/.test(text));
  return pushes ? images(call, "docker build --push", "write", args.allOptions("-t", "--tag")) : [];
}

function copied(call: CommandCall, [from, to]: readonly Key[]): Access[] {
  const tool = `${call.program} copy`;
  return [...images(call, tool, "read", from ? [from] : []), ...images(call, tool, "write", to ? [to] : [])];
}

function images(call: CommandCall, tool: string, mode: "read" | "write", names: readonly Key[]): Access[] {
  const { command, confidence } = call;
  return names.flatMap((name) => imageAccess(name, { tool, mode, at: command.at, confidence }) ?? []);
}

export interface ImageUse {
  readonly tool: string;
  readonly mode: "read" | "write";
  readonly at: CommandCall["command"]["at"];
  readonly confidence: CommandCall["confidence"];
  readonly effect?: Effect;
}

/** The access to an image by name, tag or digest; none for a registry on the machine itself. */
export function imageAccess(name: Key, { tool, mode, at, confidence, effect }: ImageUse): Access | undefined {
  if (/^(localhost|127\.0\.0\.1|kind-registry|registry\.local)\b/.test(leadingText(name))) return undefined;
  const digest = splitKey(name, "@");
  const binding: { binding?: Binding } = digest ? { binding: { kind: "given-digest", digest: digest.after } } : {};
  const used = effect ?? (mode === "write" ? "publish" : "hand-off");
  return resourceAccess({
    tool,
    resource: "image",
    mode,
    effect: used,
    key: digest?.before ?? name,
    at,
    confidence,
    ...binding,
  });
}

/** `docker://name` and the like. */
function withoutTransport(key: Key): Key {
  const match = /^[a-z-]+:(\/\/)?/.exec(leadingText(key));
  return match && leadingText(key).startsWith("docker://") ? dropLeading(key, "docker://".length) : key;
}
