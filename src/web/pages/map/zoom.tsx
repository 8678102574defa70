/** How large the map is drawn: in the address, by buttons, keys, and a wheel with Ctrl held. */
import { useKeys } from "../../keys.ts";
import { go, query, withQuery } from "../../route.ts";

/** In percent. */
export const steps = [25, 40, 60, 80, 100, 130, 160] as const;

/** Of the address, the nearest step; what is no number is none. */
export function zoomIn(given: string | null): number {
  const wanted = given === null || given === "" ? 100 : Number(given);
  if (!Number.isFinite(wanted)) return 100;
  return steps.reduce((nearest, step) => (Math.abs(step - wanted) < Math.abs(nearest - wanted) ? step : nearest));
}

export const zoom = () => zoomIn(query.value.get("zoom"));

/** One step larger or smaller, as far as there is one. */
export function turn(by: 1 | -1): void {
  const next = steps[steps.indexOf(zoom() as (typeof steps)[number]) + by];
  if (next !== undefined) setTo(next);
}

const setTo = (percent: number) =>
  go(withQuery({ zoom: percent === 100 ? undefined : String(percent) }), { replace: true });

const keys = [
  { keys: "+", does: "Draw it larger", act: () => turn(1) },
  { keys: "-", does: "Draw it smaller", act: () => turn(-1) },
  { keys: "0", does: "Draw it as it was", act: () => setTo(100) },
];

export function Zoom() {
  useKeys("How large the map is", keys);
  const percent = zoom();
  return (
    <fieldset class="map-zoom" aria-label="How large it is drawn">
      <button
        type="button"
        class="button button-plain button-icon"
        title="Smaller (-)"
        disabled={percent === steps[0]}
        onClick={() => turn(-1)}
      >
        <span aria-hidden="true">−</span>
        <span class="hidden-text">Smaller</span>
      </button>
      <span class="muted" role="status">
        {percent} %
      </span>
      <button
        type="button"
        class="button button-plain button-icon"
        title="Larger (+)"
        disabled={percent === steps.at(-1)}
        onClick={() => turn(1)}
      >
        <span aria-hidden="true">+</span>
        <span class="hidden-text">Larger</span>
      </button>
    </fieldset>
  );
}
