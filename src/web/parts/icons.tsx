/** Drawn on 16 × 16 in strokes of 1.5, in the colour of the text beside them. */
import type { ComponentChildren } from "preact";
import type { State } from "../data/states.ts";

function Icon({ children, class: name = "" }: { children: ComponentChildren; class?: string }) {
  return (
    <svg class={`icon ${name}`} viewBox="0 0 16 16" aria-hidden="true">
      {children}
    </svg>
  );
}

const drawn: Record<State, () => ComponentChildren> = {
  waiting: () => (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="M8 4.9V8l2.1 1.5" />
    </>
  ),
  blocked: () => (
    <>
      <rect x="3.25" y="7.25" width="9.5" height="6.25" rx="1.5" />
      <path d="M5.25 7V5.25a2.75 2.75 0 0 1 5.5 0V7" />
    </>
  ),
  asking: () => (
    <path d="M5.2 8.6V4.1a.95.95 0 0 1 1.9 0v3m0-.2V3a.95.95 0 0 1 1.9 0v4m0-.1V3.9a.95.95 0 0 1 1.9 0v5.2c0 2.7-1.5 4.9-4.1 4.9-2 0-2.9-1.1-3.7-2.7L2.4 9.6c-.5-1 .8-1.8 1.5-1l1.3 1.5" />
  ),
  running: () => (
    <>
      <circle class="track" cx="8" cy="8" r="5.75" />
      <path class="moving" d="M8 2.25A5.75 5.75 0 0 1 13.75 8" />
    </>
  ),
  passed: () => <path d="m3 8.6 3.2 3.2L13 4.6" />,
  failed: () => <path d="m4 4 8 8m0-8-8 8" />,
  cancelled: () => (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="m4 12 8-8" />
    </>
  ),
  skipped: () => <circle class="dashed" cx="8" cy="8" r="5.25" />,
};

export function StateIcon({ state, word }: { state: State; word?: string }) {
  return <Icon class={`icon-${state}`}>{word === "reused" ? reused : drawn[state]()}</Icon>;
}

const reused = <path d="M3 7.2A5 5 0 0 1 12.2 5M13 8.8A5 5 0 0 1 3.8 11M12.4 2.2V5H9.6m-6 8.8V11h2.8" />;

const others = {
  play: <path d="M5 3.2v9.6L12.8 8Z" />,
  pause: <path d="M5.5 3.5v9m5-9v9" />,
  before: <path d="M10 3.5 5.5 8l4.5 4.5" />,
  past: <path d="M2.6 5.2A6 6 0 1 1 2 8m.4-5v2.6H5M8 5v3l2 1.5" />,
  next: <path d="m6 3.5 4.5 4.5L6 12.5" />,
  close: <path d="m4 4 8 8m0-8-8 8" />,
  search: <path d="M11.5 7a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0Zm-1.2 3.3L14 14" />,
  up: <path d="M8 13V3.5M4 7.4l4-4 4 4" />,
  down: <path d="M8 3v9.5M4 8.6l4 4 4-4" />,
  follow: <path d="M2.5 3h11M2.5 6.5h11M8 9v5M5.6 11.6 8 14l2.4-2.4" />,
  link: (
    <path d="M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2-2a2.6 2.6 0 1 0-3.7-3.7l-.8.8m1.2 2.5a2.6 2.6 0 0 0-3.7 0l-2 2a2.6 2.6 0 1 0 3.7 3.7l.8-.8" />
  ),
  download: <path d="M8 2.5v7.4M4.8 7.2 8 10.4l3.2-3.2M3 13.3h10" />,
  theme: <path d="M8 2.2a5.8 5.8 0 1 0 0 11.6V2.2Z M8 2.2a5.8 5.8 0 0 1 0 11.6" class="half" />,
  freeze: <path d="M8 2v12M2.8 5l10.4 6M13.2 5 2.8 11M6.4 3.2 8 4.6l1.6-1.4M6.4 12.8 8 11.4l1.6 1.4" />,
  back: <path d="M6.2 2.8 2.8 6.2l3.4 3.4M3 6.2h6.2a3.6 3.6 0 0 1 0 7.2H6.4" />,
  wrap: <path d="M2.5 4h11M2.5 8h8.8a2.1 2.1 0 0 1 0 4.2H8.6m1.7-1.7-1.8 1.7 1.8 1.7M2.5 12h3" />,
} as const;

export function Glyph({ name }: { name: keyof typeof others }) {
  return <Icon class={`glyph-${name}`}>{others[name]}</Icon>;
}
