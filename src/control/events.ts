// What a control client may hear. Every screen and printer is a function of these events.

import type {LogLevel} from '../supervisor/log-level.js';
import type {Traffic} from './exchanges.js';

export type {LogLevel};

/** How a process ended. */
export type ExitInfo = {readonly code: number | null; readonly signal: string | null};

/**
 * `restarting`: a new process is starting beside the one that runs. `backing-off`: it crashed and is about to be started
 * again. `exited`: it ended by itself and is not started again before someone asks for it.
 */
export type AppState = 'stopped' | 'starting' | 'ready' | 'restarting' | 'draining' | 'backing-off' | 'exited';

/** One app as the daemon sees it now. */
export type AppStatus = {
  readonly name: string;
  readonly state: AppState;
  /** The address to open. */
  readonly url: string;
  /** Every address, the one to open first. */
  readonly urls: readonly string[];
  readonly directory: string;
  readonly configFile: string | null;
  readonly command: readonly string[];
  readonly pid: number | null;
  readonly port: number | null;
  /** Milliseconds since the epoch; null while no process runs. */
  readonly startedAt: number | null;
  /** Resident memory of the app's whole process group. */
  readonly memoryBytes: number | null;
  /** How the last process ended, when it ended by itself. */
  readonly exit: ExitInfo | null;
  /** What is wrong: why the last start failed, why it crashed, or what its tako.toml has that cannot be used. */
  readonly problem: Problem | null;
  /** The apps it was started for, as they depend on it. Empty: it was asked for by name. */
  readonly startedFor: readonly string[];
  /** Terminals attached to it. */
  readonly clients: number;
  /** Where other devices find it; null while it is not open to the network. */
  readonly lan: LanAddress | null;
  /** Processes of it that came to serve after the first one. */
  readonly restarts: number;
  /** What it was asked for lately; told anew once per second at most. */
  readonly traffic: Traffic;
};

/** An app as other devices of the network find it. */
export type LanAddress = {
  /** The address to open: `https://app.local`. */
  readonly url: string;
  /** Every address, that one first. */
  readonly urls: readonly string[];
  /** The page that helps a device to trust the certificates, over plain HTTP: the one for the QR code. */
  readonly onboardingUrl: string;
  /** This machine's own address there: `192.168.1.20`. */
  readonly address: string;
  /** The network whose devices, and no others, are answered: `192.168.1.0/24`. */
  readonly network: string;
  readonly interface: string;
  /** SHA-256 of the root certificate, to compare with what a device shows: `AB:CD:...`. */
  readonly fingerprint: string;
  /**
   * LAN_NAME_TAKEN: another device has the name, and the addresses here have another one. LAN_NO_NETWORK: this machine is in
   * no network at present; the app is back with it, and the rest is as it was.
   */
  readonly problem: Problem | null;
};

/** An error as it crosses the socket. */
export type Problem = {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly details: readonly string[];
};

export type LogLine = {
  /** Grows from line to line of an app and is never given twice, also not by another daemon. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly stream: 'stdout' | 'stderr' | 'tako';
  readonly text: string;
  /** The pid of the process it is from or about. Left out: it is about none. */
  readonly instance?: string;
  /** How serious it is, where it says so. Left out: it does not. */
  readonly level?: LogLevel | undefined;
  /** A line of tako's own that stands for so many of the app's, which came faster than they are kept. */
  readonly dropped?: number;
};

/** What the daemon has to say that is about no app, to whoever looks at a screen. */
export type Notice = {
  readonly type: 'notice';
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
};

export type AppEvent =
  | {readonly type: 'status'; readonly status: AppStatus}
  | {readonly type: 'log'; readonly app: string; readonly line: LogLine}
  | {readonly type: 'skipped'; readonly app: string; readonly count: number}
  | {readonly type: 'removed'; readonly app: string};
