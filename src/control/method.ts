/** A call: what goes in, what comes back, and what is streamed in between. */
export type Method<Params, Result, Event = never> = {
  readonly params: Params;
  readonly result: Result;
  readonly event: Event;
};

/** What a handler gets beside its parameters. */
export type CallContext<Event> = {
  /** Sends an event; false when the client does not keep up. */
  emit(event: Event): boolean;
  /** Resolves when the client has read what was emitted so far, or has left. */
  drained(): Promise<void>;
  /** Aborted when the client leaves. All calls of one client have the same. */
  readonly signal: AbortSignal;
};

/** One function per method. Parameters come from a program that may be of another version; handlers check what they rely on. */
export type Handlers<Map> = {
  readonly [M in keyof Map]: Map[M] extends {params: infer Params; result: infer Result; event: infer Event}
    ? (params: Params, context: CallContext<Event>) => Promise<Result>
    : never;
};
