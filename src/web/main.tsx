import "./style/fonts.css";
import "./style/tokens.css";
import "./style/base.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { connect, startClock } from "./data/live.ts";
import { keepViewsFresh } from "./data/views.ts";
import { listenToKeys } from "./keys.ts";
import { followLinks } from "./route.ts";

followLinks();
listenToKeys();
startClock();
keepViewsFresh();
connect();
render(<App />, document.getElementById("app")!);
