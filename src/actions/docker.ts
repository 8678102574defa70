import type { StepInput, ValueInput } from "../model/authored.ts";
import { compose, type Piece, quote } from "./compose.ts";

export interface DockerBuildInput<Own extends string = never> {
  /** Where the image goes, without a tag: `ghcr.io/team/web`. */
  readonly repository: ValueInput<Own>;
  /** Output that gets `repository@sha256:…`. */
  readonly publish: string;
  /** Folder that is built, relative to the job's working directory. Default: the working directory itself. */
  readonly context?: string | undefined;
  /** Default: `Dockerfile` in the folder. */
  readonly file?: string | undefined;
  /** Stage of the file. Default: the last. */
  readonly target?: string | undefined;
  /** Build arguments. They stay in the image for whoever looks: no secrets. */
  readonly arguments?: Readonly<Record<string, ValueInput<Own>>> | undefined;
  /** `["linux/amd64", "linux/arm64"]`. Default: that of the machine. */
  readonly platforms?: readonly string[] | undefined;
  /** For people; what is handed on is the digest. Default: the commit. */
  readonly tag?: ValueInput<Own> | undefined;
  /** Who is signed in to: `ecr` by the AWS CLI, `ghcr` by the token of a job on GitHub. Default: docker is already. */
  readonly registry?: "ecr" | "ghcr" | undefined;
  /** Where layers are kept between builds: `ghcr.io/team/web:layers`. Who may push there decides what builds take. */
  readonly layers?: ValueInput<Own> | undefined;
}

/** The machine's own builder keeps layers in no registry and builds for no other platform. */
const builder =
  "docker buildx inspect baton > /dev/null 2>&1 || docker buildx create --name baton --driver docker-container > /dev/null\n";

export const docker = {
  /** Builds an image, pushes it and publishes it by its digest, so that every environment gets the very same one. */
  build: <const Own extends string = never>(input: DockerBuildInput<Own>): StepInput<never, Own> => {
    const { repository, publish, context = ".", file, target, platforms, tag, registry, layers } = input;
    const ownBuilder = layers !== undefined || platforms !== undefined;
    const signIn =
      registry === "ecr"
        ? `aws ecr get-login-password | docker login --username AWS --password-stdin "\${repository%%/*}"\n`
        : "";
    const options: Piece[] = [
      ...(ownBuilder ? [" --builder baton"] : []),
      ...(file === undefined ? [] : [` --file ${quote(file)}`]),
      ...(target === undefined ? [] : [` --target ${quote(target)}`]),
      ...(platforms === undefined ? [] : [` --platform ${quote(platforms.join(","))}`]),
      ...Object.entries(input.arguments ?? {}).flatMap(([name, value]): Piece[] => [
        ` --build-arg ${quote(name)}=`,
        { value },
      ]),
      ...(layers === undefined
        ? []
        : ([
            " --cache-from type=registry,ref=",
            { value: layers },
            " --cache-to type=registry,mode=max,image-manifest=true,ref=",
            { value: layers },
          ] satisfies Piece[])),
    ];
    return compose(
      {
        name: "Build and push the image",
        kind: "docker.build",
        inputs: { repository, context, file, target, platforms: platforms?.join(","), tag, registry, layers },
      },
      [
        "set -eu\nrepository=",
        { value: repository },
        `\n${signIn}${ownBuilder ? builder : ""}described=$(mktemp)\ntrap 'rm -f "$described"' EXIT\n`,
        'docker buildx build --push --metadata-file "$described" --tag "$repository":',
        ...(tag === undefined ? ['"$BATON_COMMIT"'] : [{ value: tag }]),
        ...options,
        ` ${quote(context)}\n`,
        // One entry on a line, as buildx writes it.
        `digest=$(sed -n 's/^ *"containerimage.digest": *"\\(sha256:[0-9a-f]\\{64\\}\\)".*/\\1/p' "$described")\n`,
        `[ -n "$digest" ] || { echo "docker did not say which image it pushed" >&2; exit 1; }\n`,
        `printf '%s=%s@%s\\n' ${quote(publish)} "$repository" "$digest" >> "$BATON_OUTPUT"`,
      ],
    );
  },
};
