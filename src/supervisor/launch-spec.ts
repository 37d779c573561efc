/** All that is needed to start an app once. Complete: nothing is looked up elsewhere. */
export type LaunchSpec = {
  readonly app: string;
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  /** Absolute path of the working folder. */
  readonly directory: string;
  /** The whole environment but for the contract's own variables, which win. */
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly bootstrap: Bootstrap;
  /** How long the app may take from spawn to its port on file descriptor 4. */
  readonly readyTimeoutMs: number;
  /** How long the app may take from SIGTERM to its end. */
  readonly graceMs: number;
};

/** What the app reads from file descriptor 3: one JSON document, then the end. */
export type Bootstrap = {
  readonly token: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly storages: Readonly<Record<string, unknown>>;
};
