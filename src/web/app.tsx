/** The frame around every page: where one may go, whether what is shown is still true, and the keys. */
import "./app.css";
import "./parts/parts.css";
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { connection, heardAt, now } from "./data/live.ts";
import { base, isOfSeveral, isOverview, overviewAddress } from "./data/place.ts";
import { roughly } from "./data/time.ts";
import { noRun, useView } from "./data/views.ts";
import type { Approvals, Session } from "./data/wire.ts";
import { inForce, useKeys } from "./keys.ts";
import { AccessLogPage } from "./pages/access-log/access-log.tsx";
import { ApprovalsPage } from "./pages/approvals/approvals.tsx";
import { BoardPage } from "./pages/board/board.tsx";
import { DeliveriesPage } from "./pages/deliveries/deliveries.tsx";
import { FiguresPage } from "./pages/figures/figures.tsx";
import { MapPage } from "./pages/map/map.tsx";
import { RacesPage } from "./pages/races/races.tsx";
import { ReleasePage } from "./pages/releases/release.tsx";
import { ReleasesPage } from "./pages/releases/releases.tsx";
import { RunPage } from "./pages/run/run.tsx";
import { RunsPage } from "./pages/runs/runs.tsx";
import { SettingsPage } from "./pages/settings/settings.tsx";
import { failedSignIn, SignIn, SignOut } from "./pages/sign-in/sign-in.tsx";
import { FreezePanel } from "./parts/freeze.tsx";
import { Glyph } from "./parts/icons.tsx";
import { MovePanel } from "./parts/move.tsx";
import { Nothing, Sheet } from "./parts/parts.tsx";
import { WhyPanel } from "./parts/why.tsx";
import { go, path, query } from "./route.ts";
import { WallBar } from "./wall.tsx";

const isListOpen = signal(false);
const isMoreOpen = signal(false);

const pages = [
  { to: "/", title: "Board", key: "b" },
  { to: "/map", title: "Map", key: "m" },
  { to: "/releases", title: "Releases", key: "l" },
  { to: "/runs", title: "Runs", key: "r" },
  { to: "/approvals", title: "Approvals", key: "a" },
  { to: "/races", title: "Races", key: "c" },
  { to: "/figures", title: "Figures", key: "i" },
  { to: "/access-log", title: "Access log", key: "o" },
  { to: "/settings", title: "Settings", key: "s" },
] as const;

/** Those for which there is room at the bottom of a phone. */
const onPhones = new Set<string>(["/", "/releases", "/runs", "/approvals"]);

/** Stable, so that keys are put in force once. */
const navigation = [
  ...pages.map(({ to, title, key }) => ({ keys: `g ${key}`, does: `Go to ${title}`, act: () => go(to) })),
  {
    keys: "?",
    does: "Show this list",
    act: () => {
      isListOpen.value = true;
    },
  },
];

export function App() {
  useKeys("Everywhere", isOverview ? navigation.slice(-1) : navigation);
  const { view: session } = useView<Session>("/api/session", noRun);
  const isWall = query.value.has("wall") && !isOverview;
  useEffect(() => void document.documentElement.classList.toggle("is-wall", isWall), [isWall]);
  const isKnown = session?.name !== undefined && failedSignIn === undefined;
  if (session?.isRequired && !isKnown) return <SignIn provider={session.provider} />;
  return (
    <>
      {isWall ? (
        <WallBar>
          <Connection />
        </WallBar>
      ) : (
        <Bar />
      )}
      <Stale />
      <main id="page" tabIndex={-1}>
        <Page />
      </main>
      <WhyPanel />
      <MovePanel />
      <FreezePanel />
      {isListOpen.value && <KeyList />}
    </>
  );
}

function Page() {
  const [first, second] = path.value;
  if (isOverview && first === undefined) return <Titled title="Deliveries" of={<DeliveriesPage />} />;
  switch (isOverview ? "" : first) {
    case undefined:
      return <Titled title="Board" of={<BoardPage />} />;
    case "runs":
      if (second === undefined) return <Titled title="Runs" of={<RunsPage />} />;
      return <Titled title={`Run ${second}`} of={<RunPage key={second} named={second} />} />;
    case "releases":
      if (second === undefined) return <Titled title="Releases" of={<ReleasesPage />} />;
      return <Titled title={`Release ${second}`} of={<ReleasePage key={second} named={second} />} />;
    case "approvals":
      return <Titled title="Approvals" of={<ApprovalsPage />} />;
    case "map":
      return <Titled title="Map" of={<MapPage />} />;
    case "races":
      return <Titled title="Races" of={<RacesPage />} />;
    case "figures":
      return <Titled title="Figures" of={<FiguresPage />} />;
    case "settings":
      return <Titled title="Settings" of={<SettingsPage />} />;
    case "access-log":
      return <Titled title="Access log" of={<AccessLogPage />} />;
    default:
      return (
        <Nothing isPage title="There is no such page">
          <p class="prose">
            The address is wrong, or what it named is gone. <a href="/">The board</a> shows what there is.
          </p>
        </Nothing>
      );
  }
}

function Titled({ title, of }: { title: string; of: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · Baton`;
  }, [title]);
  return <>{of}</>;
}

function Bar() {
  return (
    <header class="bar">
      <a class="skip" href="#page">
        Skip to the page
      </a>
      <a class="mark" href="/">
        <svg viewBox="0 0 22 16" aria-hidden="true">
          <path class="mark-baton" d="M3 13 12.5 3" />
          <path class="mark-hand" d="M16 13h3" />
        </svg>
        Baton
      </a>
      {isOfSeveral && <Deliveries />}
      {!isOverview && <Pages />}
      <div class="bar-end">
        <Connection />
        <SignOut />
        <ThemeButton />
        <button type="button" class="button button-plain button-icon" onClick={() => (isListOpen.value = true)}>
          <span aria-hidden="true">?</span>
          <span class="hidden-text">Keys</span>
        </button>
      </div>
    </header>
  );
}

/** Which of several deliveries this is, and the way to the others. */
function Deliveries() {
  return (
    <a
      class="bar-delivery"
      href={overviewAddress}
      title="All deliveries"
      aria-current={isOverview ? "page" : undefined}
    >
      {isOverview ? "Deliveries" : base.slice("/d/".length)}
      {!isOverview && <span class="hidden-text">: all deliveries</span>}
    </a>
  );
}

function Pages() {
  const { view } = useView<Approvals>("/api/approvals", "");
  const asked = view?.approvals.length ?? 0;
  const here = path.value[0] ?? "";
  return (
    <>
      <nav aria-label="Pages">
        {pages.map(({ to, title }) => (
          <a
            key={to}
            href={to}
            class={onPhones.has(to) ? "" : "is-more"}
            aria-current={`/${here}` === to ? "page" : undefined}
          >
            {title}
            {to === "/approvals" && asked > 0 && (
              <span class="count">
                {asked}
                <span class="hidden-text"> waiting</span>
              </span>
            )}
          </a>
        ))}
        <button
          type="button"
          class={`bar-more ${onPhones.has(`/${here}`) ? "" : "is-here"}`}
          onClick={() => (isMoreOpen.value = true)}
        >
          More
        </button>
      </nav>
      {isMoreOpen.value && <More here={here} />}
    </>
  );
}

function More({ here }: { here: string }) {
  const close = () => (isMoreOpen.value = false);
  return (
    <Sheet title="More" close={close}>
      <nav class="more" aria-label="More pages">
        {pages
          .filter(({ to }) => !onPhones.has(to))
          .map(({ to, title }) => (
            <a key={to} href={to} aria-current={`/${here}` === to ? "page" : undefined} onClick={close}>
              {title}
            </a>
          ))}
      </nav>
    </Sheet>
  );
}

function Connection() {
  const isLive = connection.value === "live";
  return (
    <span class={`connection ${isLive ? "is-live" : ""}`} role="status">
      <i aria-hidden="true" />
      {isLive ? "live" : connection.value === "lost" ? "reconnecting" : "connecting"}
    </span>
  );
}

/** Everything on the page was true when the connection was lost; the page says so and goes on asking. */
function Stale() {
  if (connection.value !== "lost") return null;
  now.value;
  return (
    <p class="stale" role="alert">
      Last heard of the server {roughly(Date.now() - heardAt.value)} ago: what you see may have changed. Reconnecting.
    </p>
  );
}

const chosenTheme = signal(document.documentElement.dataset.theme);

function ThemeButton() {
  const order = [undefined, "light", "dark"] as const;
  const at = order.indexOf(chosenTheme.value as (typeof order)[number]);
  const choose = () => {
    const next = order[(at + 1) % order.length];
    chosenTheme.value = next;
    if (next === undefined) {
      delete document.documentElement.dataset.theme;
      localStorage.removeItem("theme");
    } else {
      document.documentElement.dataset.theme = next;
      localStorage.setItem("theme", next);
    }
  };
  const name = chosenTheme.value ?? "as the system";
  return (
    <button type="button" class="button button-plain button-icon" title={`Theme: ${name}`} onClick={choose}>
      <Glyph name="theme" />
      <span class="hidden-text">Theme: {name}</span>
    </button>
  );
}

function KeyList() {
  return (
    <Sheet title="Keys" close={() => (isListOpen.value = false)}>
      <div class="keys">
        {inForce.value.map(({ title, keys }) => (
          <>
            <h3>{title}</h3>
            {keys.map(({ keys: pressed, does }) => (
              <>
                <span>
                  {pressed.split(" ").map((key) => (
                    <kbd key={key}>{key.replace("ArrowUp", "↑").replace("ArrowDown", "↓")}</kbd>
                  ))}
                </span>
                <span>{does}</span>
              </>
            ))}
          </>
        ))}
      </div>
    </Sheet>
  );
}
