/** All that is needed to start an app once. Complete: nothing is looked up elsewhere. */
export type LaunchSpec = {
  readonly app: string;
  /** Set where people are not at this machine: what they call it, and what they type to see its log. */
  readonly remote?: {readonly title: string; readonly environment: string; readonly log: string};
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  /** Absolute path of the working folder. */
  readonly directory: string;
  /** The whole environment but for the contract's own variables, which win. */
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly bootstrap: Bootstrap;
  /** Delivers it in TAKO_BOOTSTRAP_DATA too, for an app whose own processes get no descriptors from the first. */
  readonly bootstrapIn?: 'environment';
  /** `fd`: the app speaks the contract, PORT=0 and only fd 4 counts. `any`: a reserved PORT=n, and every sign counts. */
  readonly ready: 'fd' | 'any';
  /** Pins the app's port: PORT=port, and only a listener there is the app. Undefined: any. */
  readonly port: number | undefined;
  /** Whether a restart starts the new instance beside the old one, or stops the old one before. */
  readonly restart: 'start-first' | 'stop-first';
  /** How long the app may take from spawn to the sign that it listens. */
  readonly readyTimeoutMs: number;
  /** How long the app may take from SIGTERM to its end, and its requests in flight before that. */
  readonly graceMs: number;
};

/** What the app reads from file descriptor 3: one JSON document, then the end. */
export type Bootstrap = {
  readonly token: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly storages: Readonly<Record<string, unknown>>;
};
