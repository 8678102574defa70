/** What stages check before a run goes in, and after it. Source: the service's reference of rules. */

/** Skips the stage where it fails; only this rule and a function may do that. */
export const entryRule = {
  name: "may-enter",
  provider: "VariableCheck",
  configuration: ({ variable, equals }: { readonly variable: string; readonly equals: string }) => ({
    Variable: variable,
    Operator: "EQ",
    Value: equals,
  }),
} as const;

/** Fails where an alarm rings while it waits. */
export const alarmRule = {
  /** With a number after it. */
  name: "quiet-",
  provider: "CloudWatchAlarm",
  configuration: ({ alarm, minutes }: { readonly alarm: string; readonly minutes: number }) => ({
    AlarmName: alarm,
    AlarmStates: "ALARM",
    WaitTime: String(minutes),
  }),
} as const;
