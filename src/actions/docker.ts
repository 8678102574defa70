import type { StepInput, ValueInput } from "../model/authored.ts";
import { shellWord } from "../model/shell-word.ts";
import { compose, named, type Piece } from "./compose.ts";
import { checkInput, type InputForm, type WrongInput } from "./inputs.ts";

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
  /** For people, besides one that no other build has: commit, run, and what tells builds of one run apart. Default: that one alone. */
  readonly tag?: ValueInput<Own> | undefined;
  /** Who is signed in to: `ecr` by the AWS CLI, `ghcr` by the token of a job on GitHub. Default: docker is already. */
  readonly registry?: "ecr" | "ghcr" | undefined;
  /** Where layers are kept between builds: `ghcr.io/team/web:layers`. Who may push there decides what builds take. */
  readonly layers?: ValueInput<Own> | undefined;
}

const buildForm: InputForm<DockerBuildInput<string>> = {
  action: "docker.build",
  keys: {
    repository: "value",
    publish: "text",
    context: "text?",
    file: "text?",
    target: "text?",
    arguments: "table of values?",
    platforms: "texts?",
    tag: "value?",
    registry: ["ecr", "ghcr"],
    layers: "value?",
  },
  wrong: ({ repository }) => taggedRepository(repository),
};

/** Only where the name is written out; `host:5000/web` has a port and no tag. */
function taggedRepository(repository: unknown): WrongInput[] {
  const [, name, tag] = /^([^\s@]*?)(?:@[^/]*|:([^/]*))$/.exec(typeof repository === "string" ? repository : "") ?? [];
  if (name === undefined || name === "") return [];
  return [
    {
      key: "repository",
      message: `"repository" is "${repository}", with a ${tag === undefined ? "digest" : "tag"}`,
      help: `write repository: "${name}"${tag ? `, and tag: "${tag}" if you mean it` : ""}`,
    },
  ];
}

/**
 * BuildKit, by version and bytes: buildx takes whatever is newest. To update: a release of github.com/moby/buildkit, and
 * `docker buildx imagetools inspect moby/buildkit:VERSION` for its digest.
 */
const buildKit = {
  version: "v0.32.2",
  digest: "sha256:28a898719c18a33f4e8000685287fa36fd0dd9560c6440227d3a732d79bb41d8",
} as const;

/** Named by its version, so that a machine that is kept does not go on with an older one. */
const builder = `baton-${buildKit.version}`;

/**
 * Docker's own builder does not know what it pushed: buildx asks the registry what the tag points to by then, which may be the image of
 * another run. It keeps layers in no registry either, and builds for no other platform. Of two jobs that begin at once one makes it.
 */
const withBuilder = `docker buildx inspect ${builder} > /dev/null 2>&1 ||
  docker buildx create --name ${builder} --driver docker-container --driver-opt image=moby/buildkit:${buildKit.version}@${buildKit.digest} > /dev/null ||
  docker buildx inspect ${builder} > /dev/null
`;

/** Arguments of the AWS CLI that sign in to the registry `$host`; `otherwise` is done where that is none of ECR. */
export const ecrArguments = (otherwise: string): string => `case $host in
  public.ecr.aws) set -- ecr-public us-east-1 ;;
  *.dkr[.-]ecr[.-]*) region=\${host#*.dkr[.-]ecr*.} && set -- ecr "\${region%%.*}" ;;
  *) ${otherwise} ;;
esac
`;

/** The password stays in a folder of the step's own. Builders, contexts and plugins are found in docker's own through links. */
const signInToEcr = `host=\${repository%%/*}
${ecrArguments('echo "$host is no registry of ECR: take registry out of docker.build, and sign in to it before" >&2 && exit 1')}kept=\${DOCKER_CONFIG:-~/.docker}
export BUILDX_CONFIG="\${BUILDX_CONFIG:-$kept/buildx}" DOCKER_CONFIG="$own/docker"
mkdir "$DOCKER_CONFIG"
for entry in contexts cli-plugins; do [ ! -e "$kept/$entry" ] || ln -s "$kept/$entry" "$DOCKER_CONFIG/"; done
[ ! -e "$kept/config.json" ] || cp "$kept/config.json" "$DOCKER_CONFIG/"
password=$(aws "$1" get-login-password --region "$2")
docker login --username AWS --password-stdin "$host" <<< "$password"
`;

/**
 * No two builds have the same: of a registry whose tags cannot be moved none is refused, and none takes the tag of an image that still
 * runs, which would be deleted as untagged. What stands for a commit may hold more than a tag may, where sources lie in S3.
 */
const ownTag = `tag=\${BATON_COMMIT:0:64}-$BATON_RUN-\${own##*.}
tag=\${tag//[^A-Za-z0-9_.-]/_} tag=\${tag/#[.-]/_}
`;

export const docker = {
  /** Builds an image, pushes it and publishes it by its digest, so that every environment gets the very same one. */
  build: <const Own extends string = never>(input: DockerBuildInput<Own>): StepInput<never, Own> => {
    checkInput(buildForm, input);
    const { repository, publish, context = ".", file, target, platforms, tag, registry, layers } = input;
    const options: Piece[] = [
      ...(tag === undefined ? [] : ([' --tag "$repository":', { value: tag }] satisfies Piece[])),
      ...(file === undefined ? [] : [` --file ${shellWord(file)}`]),
      ...(target === undefined ? [] : [` --target ${shellWord(target)}`]),
      ...(platforms === undefined ? [] : [` --platform ${shellWord(platforms.join(","))}`]),
      ...Object.entries(input.arguments ?? {}).flatMap(([name, value]): Piece[] => [
        ` --build-arg ${shellWord(name)}=`,
        { value },
      ]),
      ...(layers === undefined
        ? []
        : ([
            " --cache-from type=registry,ref=",
            { value: layers },
            " --cache-to type=registry,mode=max,image-manifest=true,ignore-error=true,ref=",
            { value: layers },
          ] satisfies Piece[])),
    ];
    return compose(
      {
        name: "Build and push the image",
        kind: "docker.build",
        inputs: {
          repository,
          context,
          file,
          target,
          ...named("arguments", input.arguments),
          platforms: platforms?.join(","),
          tag,
          registry,
          layers,
        },
        publishes: [publish],
      },
      [
        "set -eu\nrepository=",
        { value: repository },
        "\nown=$(mktemp -d)\ntrap 'rm -rf \"$own\"' EXIT\n",
        registry === "ecr" ? signInToEcr : "",
        withBuilder,
        ownTag,
        `docker buildx build --builder ${builder} --push --metadata-file "$own/metadata.json" --tag "$repository:$tag"`,
        ...options,
        ` ${shellWord(context)}\n`,
        // One entry on a line, as buildx writes it.
        `digest=$(sed -n 's/^ *"containerimage.digest": *"\\(sha256:[0-9a-f]\\{64\\}\\)".*/\\1/p' "$own/metadata.json")\n`,
        `[ -n "$digest" ] || { echo "docker did not say which image it pushed" >&2; exit 1; }\n`,
        `printf '%s=%s@%s\\n' ${shellWord(publish)} "$repository" "$digest" >> "$BATON_OUTPUT"`,
      ],
    );
  },
};
