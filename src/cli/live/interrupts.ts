/**
 * What people and the system ask of a running Baton by signals. The first Ctrl-C lets running jobs end and starts nothing
 * new, the second ends them at once, the third leaves at once. A terminal that closes or a system that shuts down (SIGHUP,
 * SIGTERM) stops Baton without giving the run up: it can be resumed.
 */
export interface Interrupts {
  onGraceful(): void;
  onNow(): void;
  onLeave(signal: "SIGTERM" | "SIGHUP"): void;
}

export interface InterruptWatch {
  /** How often Ctrl-C was pressed. */
  readonly pressed: number;
  /** Counts as Ctrl-C: for a terminal in raw mode, which sends none. */
  press(): void;
  end(): void;
}

export function watchInterrupts(interrupts: Interrupts): InterruptWatch {
  let pressed = 0;
  const press = (): void => {
    pressed++;
    if (pressed === 1) interrupts.onGraceful();
    else if (pressed === 2) interrupts.onNow();
    else process.exit(130);
  };
  const leave = (signal: NodeJS.Signals): void => interrupts.onLeave(signal as "SIGTERM" | "SIGHUP");
  process.on("SIGINT", press);
  process.on("SIGTERM", leave);
  process.on("SIGHUP", leave);
  return {
    get pressed() {
      return pressed;
    },
    press,
    end() {
      process.off("SIGINT", press);
      process.off("SIGTERM", leave);
      process.off("SIGHUP", leave);
    },
  };
}
