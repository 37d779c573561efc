import type {Server} from 'node:http';

/** A server that listens. What it is differs between runtimes. */
export type RunningServer = {
  readonly port: number;
  /** Node's server, where it is one. */
  readonly server?: Server;
  /** Accepts nothing more; resolves when nothing is in flight. WebSockets are closed with 1001. */
  drain(): Promise<void>;
};

export type ListenAddress = {
  /** 0: any that is free. */
  readonly port: number;
  /** Undefined: every address of this machine. */
  readonly host: string | undefined;
};
