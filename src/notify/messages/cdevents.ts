import type { Notice } from "./notice.ts";

export interface CloudEvent {
  specversion: "1.0";
  id: string;
  source: string;
  type: string;
  subject: string;
  time: string;
  datacontenttype: "application/json";
  data: CdEvent;
}

interface CdEvent {
  context: { specversion: string; id: string; source: string; type: string; timestamp: string };
  subject: Subject & { source: string };
  customData: object;
  customDataContentType: "application/json";
}

interface Subject {
  id: string;
  content: object;
}

/** Of https://cdevents.dev, whose schemas the tests hold every event against. */
const specVersion = "0.5.1";

export interface EventSource {
  /** Of the letter, the same however often it is sent. */
  id: string;
  notice: Notice;
  link?: string | undefined;
  line?: string | undefined;
  /** What else there is to say, for whoever knows Baton. */
  payload: object;
}

/** A notice in the words of CDEvents; where these have none, as a custom event `dev.cdeventsx.baton-…`. */
export function cloudEventsOf(told: EventSource): CloudEvent[] {
  const { id, notice, payload } = told;
  const source = `/baton/${encodeURIComponent(notice.delivery)}`;
  const time = new Date(notice.at).toISOString();
  return eventsOf(told, source).map(([type, subject], at) => {
    const own = at === 0 ? id : `${id}_${at + 1}`;
    return {
      specversion: "1.0",
      id: own,
      source,
      type,
      subject: subject.id,
      time,
      datacontenttype: "application/json",
      data: {
        context: { specversion: specVersion, id: own, source, type, timestamp: time },
        subject: { ...subject, source },
        customData: { baton: payload },
        customDataContentType: "application/json",
      },
    };
  });
}

type Event = readonly [type: string, subject: Subject];

function eventsOf({ notice, link, line }: EventSource, source: string): Event[] {
  const { kind, delivery, run = "none", environments, failed, because, deployed = [] } = notice;
  const uri = link ?? `urn:baton:${encodeURIComponent(delivery)}:${run}`;
  const pipelineRun = { pipelineName: delivery, uri };
  switch (kind) {
    case "run.begun":
    case "rollback.begun":
    case "freeze.overridden":
      return [["dev.cdevents.pipelinerun.started.0.3.0", { id: run, content: pipelineRun }]];
    case "run.ended": {
      const content = { ...pipelineRun, outcome: outcomes[notice.outcome ?? "failed"] };
      return [["dev.cdevents.pipelinerun.finished.0.3.0", { id: run, content }]];
    }
    case "failed": {
      if (failed === undefined) break;
      const errors = [...because, ...(line === undefined ? [] : [line])].join("\n");
      const ofRun = { id: failed.run, source };
      const content = { taskName: failed.job, pipelineRun: ofRun, uri, outcome: "failure", errors };
      const id = `${failed.run}/${failed.job}/${failed.attempt}`;
      return [["dev.cdevents.taskrun.finished.0.3.0", { id, content }]];
    }
    case "deployed":
    case "rolled-back": {
      const type = `dev.cdevents.service.${kind === "deployed" ? "deployed" : "rolledback"}.0.3.0`;
      const environment = { id: environments[0] ?? "none", source };
      return deployed.map(({ pipeline, release }) => {
        const content = { environment, artifactId: packageUrl(delivery, pipeline, release) };
        return [type, { id: pipeline, content }] as const;
      });
    }
    default:
  }
  return [[customTypeOf(kind), { id: notice.run ?? environments[0] ?? delivery, content: { environments } }]];
}

const outcomes = { succeeded: "success", failed: "failure", cancelled: "cancel" } as const;

const packageUrl = (delivery: string, pipeline: string, release: number): string =>
  `pkg:generic/${encodeURIComponent(delivery)}/${encodeURIComponent(pipeline)}@${release}`;

/** `baton-SUBJECT.PREDICATE`: what a kind without a subject is about is a notice. */
function customTypeOf(kind: Notice["kind"]): string {
  const [subject, predicate] = kind.includes(".") ? kind.split(".") : ["notice", kind];
  return `dev.cdeventsx.baton-${subject}.${predicate}.0.1.0`;
}
