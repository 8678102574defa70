import { isZone } from "../../change-windows.ts";
import { type Rule, refusal } from "../subject.ts";

const timePattern = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

/** A change window opens at some time. */
export const windows: Rule = function* ({ delivery }) {
  for (const { name, windows: all } of delivery.environments) {
    if (all?.length === 0) {
      yield refusal("wrong-window", ["environments", name, "windows"], {
        message: "without a window nothing is ever deployed there",
        help: "name one, or leave out windows: then it is deployed at any time",
      });
    }
    for (const [index, { days, from, to, zone }] of (all ?? []).entries()) {
      const path = ["environments", name, "windows", index];
      for (const [key, time] of Object.entries({ from, to })) {
        if (timePattern.test(time) || (key === "to" && time === "24:00")) continue;
        yield refusal("wrong-window", [...path, key], {
          message: `"${time}" is no time of day`,
          help: 'write hours and minutes: "09:00"; a window that lasts until midnight ends at "24:00"',
        });
      }
      if (from === to) {
        yield refusal("wrong-window", [...path, "to"], {
          message: `it begins and ends at ${from}`,
          help: 'a whole day is from "00:00" to "24:00"',
        });
      }
      if (days.length === 0) {
        yield refusal("wrong-window", [...path, "days"], { message: "it never opens", help: 'name days: "mon-fri"' });
      }
      if (isZone(zone)) continue;
      yield refusal("wrong-window", [...path, "zone"], {
        message: `"${zone}" is no time zone that Baton knows`,
        help: /^[+-]/.test(zone)
          ? "an offset does not follow daylight saving; write the name of a zone: Europe/Berlin, America/New_York, UTC"
          : "write the name of one: Europe/Berlin, America/New_York, UTC",
      });
    }
  }
};
