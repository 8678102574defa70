/** A delivery with an upload that CodePipeline can do itself, and with what makes it need a machine after all. */
import { cloudfront, context, delivery, env, pipeline, s3, sh, text, variable } from "../../../../src/index.ts";
import type { Delivery } from "../../../../src/model/delivery.ts";

export interface SiteChange {
  from?: string;
  others?: "kept" | "deleted";
  bucket?: unknown;
  artifacts?: Record<string, string>;
  /** Steps after the upload. */
  more?: readonly object[];
  /** Of the job that uploads. */
  job?: object;
  /** Other jobs. */
  takers?: Record<string, object>;
  needs?: readonly { readonly name: string }[];
}

export function site(change: SiteChange = {}): Delivery {
  const {
    from = "dist",
    others = "kept",
    artifacts = { dist: "dist" },
    more = [],
    job = {},
    takers = {},
    needs = [],
  } = change;
  const bucket = (change.bucket ?? text`site-${context("environment")}`) as never;
  const web = pipeline("web", {
    needs,
    paths: ["web/**"],
    jobs: {
      build: {
        per: "release",
        steps: [
          sh(
            "mkdir -p dist/.well-known && echo home > dist/index.html && ln -s index.html dist/home.html && echo hidden > dist/.well-known/x",
          ),
        ],
        artifacts,
      },
      deploy: {
        needs: ["build"],
        deploys: true,
        uses: ["dist"],
        steps: [s3.sync({ from, bucket, prefix: "shop", cacheControl: "max-age=60", others }), ...more],
        ...job,
      },
      invalidate: { needs: ["deploy"], steps: [cloudfront.invalidate({ distribution: variable("distribution") })] },
      ...takers,
    },
  } as never);
  return delivery("site", {
    pipelines: [...needs, web],
    environments: [
      env("test", { branch: "main", variables: { distribution: "E1" } }),
      env("prod", { after: "test", variables: { distribution: "E2" } }),
    ],
  } as never);
}
