/** The definition as it stands on the machine that serves. Nothing is changed here: it says which file to change. */
import "./settings.css";
import type { ComponentChildren } from "preact";
import { duration } from "../../data/time.ts";
import { useView } from "../../data/views.ts";
import type { Settings } from "../../data/wire.ts";
import { Fact, Loading, Problems } from "../../parts/parts.tsx";

type Pipeline = Settings["pipelines"][number];
type Environment = Settings["environments"][number];

export function SettingsPage() {
  const { view, problem } = useView<Settings>("/api/settings", "");
  if (view === undefined) return <Loading problem={problem} />;
  const { delivery, file, environments, pipelines, variables, parameters } = view;
  const given = Object.entries(parameters);
  return (
    <div class="settings">
      <header class="settings-head">
        <h1>{delivery}</h1>
        <p class="muted">
          As it stands in <code>{file}</code> here. Whoever wants to change it changes that file;{" "}
          <code>baton plan</code> says what comes of it.
        </p>
      </header>
      <Problems problem={problem} />
      <section class="panel">
        <h2>Environments</h2>
        <ul>
          {environments.map((environment) => (
            <EnvironmentRow key={environment.name} environment={environment} />
          ))}
        </ul>
      </section>
      {Object.keys(variables).length + given.length > 0 && (
        <section class="panel">
          <h2>Variables and parameters</h2>
          <ul>
            <li>
              <Facts>
                <Variables of={variables} />
                {given.map(([name, { type, default: value, description, options }]) => (
                  <Fact key={name} name={`parameter ${name}`}>
                    {options.length > 0 ? options.join(" or ") : type}
                    {value !== undefined && (
                      <>
                        , else <code>{value}</code>
                      </>
                    )}
                    {description && <span class="muted"> {description}</span>}
                  </Fact>
                ))}
              </Facts>
            </li>
          </ul>
        </section>
      )}
      <section class="panel">
        <h2>Pipelines</h2>
        <ul>
          {pipelines.map((pipeline) => (
            <PipelineRow key={pipeline.name} pipeline={pipeline} />
          ))}
        </ul>
      </section>
    </div>
  );
}

function EnvironmentRow({ environment }: { environment: Environment }) {
  const { name, branch, after, approval, variables } = environment;
  return (
    <li>
      <h3>{name}</h3>
      <Facts>
        {branch !== undefined && <Fact name="Branch">{branch}</Fact>}
        {after.length > 0 && <Fact name="After">{after.join(", ")}</Fact>}
        {approval && (
          <Fact name="Asks">
            {approval.reviewers.join(" or ") || "anybody who may answer"}, for {duration(approval.timeoutMs)}
            {approval.message && " "}
            {approval.message && <q class="muted">{approval.message}</q>}
          </Fact>
        )}
        <Variables of={variables} />
      </Facts>
    </li>
  );
}

function PipelineRow({ pipeline }: { pipeline: Pipeline }) {
  const { name, description, needs, triggers, outputs, jobs } = pipeline;
  const starts = [
    ...(triggers.pullRequests ? ["pull requests"] : []),
    ...(triggers.manual ? ["by hand"] : []),
    ...triggers.schedules.map((schedule) => `at ${schedule}`),
  ];
  return (
    <li>
      <h3>{name}</h3>
      <Facts>
        {description && <Fact name="What it is">{description}</Fact>}
        {needs.length > 0 && <Fact name="Needs">{needs.join(", ")}</Fact>}
        {triggers.paths.length > 0 && (
          <Fact name="Files">
            <code>{triggers.paths.join(" ")}</code>
          </Fact>
        )}
        {starts.length > 0 && <Fact name="Also starts">{starts.join(", ")}</Fact>}
        {Object.entries(outputs).map(([output, { type, job, description }]) => (
          <Fact key={output} name={`output ${output}`}>
            {type}, of {job}
            {description && <span class="muted"> {description}</span>}
          </Fact>
        ))}
      </Facts>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone it scrolls, also with the keys */}
      <section class="settings-jobs" aria-label={`Jobs of ${name}`} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">Once for each</th>
              <th scope="col">After</th>
              <th scope="col">Steps</th>
              <th scope="col">Files</th>
              <th scope="col">Secrets</th>
              <th scope="col">Attempts</th>
              <th scope="col">At most</th>
            </tr>
          </thead>
          <tbody>
            {jobs.map((job) => (
              <tr key={job.name}>
                <th scope="row">
                  {job.name}
                  {job.deploys && <span class="faint"> deploys</span>}
                </th>
                <td>{job.per}</td>
                <td>{job.needs.join(", ")}</td>
                <td>{job.steps.length}</td>
                <td>{[...job.artifacts, ...job.uses.map((file) => `takes ${file}`)].join(", ")}</td>
                <td>{job.secrets.join(", ")}</td>
                <td>{job.attempts}</td>
                <td>{duration(job.timeoutMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </li>
  );
}

function Variables({ of }: { of: Readonly<Record<string, string>> }) {
  return (
    <>
      {Object.entries(of).map(([name, value]) => (
        <Fact key={name} name={`variable ${name}`}>
          <code>{value}</code>
        </Fact>
      ))}
    </>
  );
}

function Facts({ children }: { children: ComponentChildren }) {
  return <dl class="diff-values">{children}</dl>;
}
