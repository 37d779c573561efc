// The control protocol: JSON lines over a Unix socket. A client numbers its calls; an answer carries the number of its
// call, so that several can be under way on one connection. A call that streams sends events before its answer.

import {TakoError} from '../system/error.js';
import type {AppEvent, AppStatus, LogLevel, Notice, Problem} from './events.js';
import type {ExchangeEvent, ExchangeMethods} from './exchanges.js';
import type {Method} from './method.js';

/** Raised when an old client or server could misread a message; until then fields are only added. */
export const PROTOCOL = 1;

/** The most one message may be; a registration carries a whole environment. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;

export type OpenPortInfo = {readonly port: number; readonly isDenied: boolean};

export type DaemonInfo = {
  readonly version: string;
  readonly protocol: number;
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly https: OpenPortInfo;
  readonly http: OpenPortInfo;
  readonly dnsPort: number;
  readonly zones: readonly string[];
  readonly home: string;
  readonly logFile: string;
  readonly rootCertificate: string;
  /** The page that shows apps, logs and requests: `https://tako.test`. */
  readonly dashboardUrl: string;
  readonly apps: number;
};

/** What a terminal tells the daemon about an app. */
export type Registration = {
  readonly name: string;
  readonly directory: string;
  readonly configFile: string | null;
  /** `host[/path]`, the one to open first. */
  readonly routes: readonly string[];
  readonly primaryHost: string;
  /** `host[/path]=address:port`: routes beside the app's own, to what tako does not start. */
  readonly staticRoutes?: readonly string[];
  readonly command: readonly string[];
  /** The environment of that terminal, with the project's variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where it finds what it is given beside file descriptor 3. Left out: nowhere. */
  readonly bootstrapIn?: 'environment';
  readonly readyTimeoutMs: number;
  readonly graceMs: number;
  /** `fd`: only its line on file descriptor 4 makes it ready. `any`: every sign does. */
  readonly ready: 'fd' | 'any';
  /** The port it is pinned to. Null: any. */
  readonly port: number | null;
  readonly restart: 'start-first' | 'stop-first';
  /** How long nobody may use it before it is stopped, in milliseconds. Null: for ever. */
  readonly idleTimeoutMs: number | null;
  /** The host its own server is to see. Null: the one the client asked for. */
  readonly presentAs: string | null;
  /** The same where it is asked for by a name it has on the network, as app.local. Left out: the one the client asked for. */
  readonly presentOnLan?: string;
  /** What the paths for which it sees such a host have in them. Empty or left out: all. */
  readonly presentPaths?: readonly string[];
  /** What of an edit it applies by itself: nothing, in its process only, or in open pages too. */
  readonly reloads: 'nothing' | 'server' | 'pages';
  readonly watch: readonly string[];
  readonly ignore: readonly string[];
  /** Names that stand for its secrets in requests, beside those that always do. Left out: none. */
  readonly maskedNames?: readonly string[];
  /** How its secrets reach it: on file descriptor 3, as variables, or in both ways. Left out: both. */
  readonly secretDelivery?: 'bootstrap' | 'environment' | 'both';
  /** Names of apps that are ready before it starts. */
  readonly dependsOn: readonly string[];
  /** The root of the workspace it is in: its apps know each other's URLs. Null: none. */
  readonly workspace: string | null;
  /** What all of the above was made from, to make it again when its tako.toml changes. */
  readonly request: AppRequest;
};

/** An app as a terminal asks for it. */
export type AppRequest = {
  readonly directory: string;
  readonly configFile: string | null;
  /** The name it is registered under, which need not be the one in its tako.toml. */
  readonly name: string;
  /** The label in front of its hosts, for a second checkout. Null: none. */
  readonly variant: string | null;
  /** The command, when it was given on the command line; empty otherwise. */
  readonly words: readonly string[];
  readonly staticRoutes: readonly string[];
  /**
   * `dev`: a terminal asked for it by name, or in its folder. `ensure`: it was asked to be there with no terminal around.
   * `dependency`: only apps that depend on it ask for it. Left out: `dev`.
   */
  readonly origin?: 'dev' | 'ensure' | 'dependency';
  /** The environment of the terminal. */
  readonly terminal: Readonly<Record<string, string>>;
};

/** Why an app goes on although a terminal that asked for it leaves. `by`: the apps that need it. */
export type Stay = {
  readonly name: string;
  readonly because: 'used' | 'ensured' | 'needed';
  readonly by: readonly string[];
};

/** What a terminal that leaves is told at once. */
export type LeaveEvent = {readonly stops: readonly string[]; readonly stays: readonly Stay[]};

/** What there is to hear of all apps. */
export type DaemonEvent = AppEvent | ExchangeEvent;

/** `status`: also that an app is removed. `log` and `request`: also how many were skipped. */
export type DaemonEventType = 'status' | 'log' | 'request';

export type EventsQuery = {
  /** Left out: all, also those to come. */
  readonly apps?: readonly string[];
  /** Left out: all. */
  readonly types?: readonly DaemonEventType[];
  /** For each app the id of the last line that is known. */
  readonly after: Readonly<Record<string, number>>;
  /** Lines of apps of which none is known, and requests: those from then on, in milliseconds since the epoch. */
  readonly since: number;
};

/** Which lines of a log: what is left out matches all. */
export type LogFilter = {
  /** Not before this time, in milliseconds since the epoch. */
  readonly since?: number;
  /** This level and what is more serious; lines without a level are not among them. */
  readonly level?: LogLevel;
  /** Of the process with this pid. */
  readonly instance?: string;
};

type Named = {readonly name: string};

/** Every call to the dev daemon. */
export type Methods = ExchangeMethods & {
  readonly hello: Method<{readonly version: string; readonly protocol: number}, DaemonInfo>;
  /** The client counts as a user of the app from then on, as with `attach`. */
  readonly register: Method<{readonly registration: Registration}, AppStatus>;
  /** Starts an app that does not run and waits until it is ready. */
  readonly start: Method<Named, AppStatus>;
  /** Stops an app and forgets it, and with it those that were started only for it. */
  readonly remove: Method<Named, AppStatus>;
  /** Has the app stay when its terminals leave, until it is removed. */
  readonly keep: Method<Named, AppStatus>;
  /**
   * The client wants no app any more. Of `names`, which it had asked for, those are removed that nobody else wants, with
   * those that were started only for them. Answers when they have stopped.
   */
  readonly leave: Method<{readonly names: readonly string[]}, Record<string, never>, LeaveEvent>;
  /** Starts the process anew; answers when the new one is ready. */
  readonly restart: Method<Named, AppStatus>;
  readonly list: Method<Record<string, never>, {readonly apps: readonly AppStatus[]}>;
  /**
   * Status changes and log lines, from line id `after` on (0: all that is kept), until the client leaves. `isNeeded`: it
   * wants the app only because another one depends on it.
   */
  readonly attach: Method<
    Named & {readonly after: number; readonly isNeeded?: boolean},
    Record<string, never>,
    AppEvent
  >;
  /**
   * The last `count` lines that match, also from before the daemon started and of an app that has gone; with `follow` also
   * those to come, until the app is removed. Rejects with NO_SUCH_APP when there is neither the app nor a log of it.
   */
  readonly logs: Method<
    Named & LogFilter & {readonly count: number; readonly follow: boolean},
    Record<string, never>,
    AppEvent
  >;
  /** Answers when the app is not registered any more. */
  readonly untilRemoved: Method<Named, Record<string, never>>;
  /**
   * Opens the apps to the network, until `lanOff`; unless it `stays`, also only until the client leaves. `address`: the one
   * of this machine to open them on; null to have it chosen. Answers when other devices find them.
   */
  readonly lanOn: Method<
    {readonly names: readonly string[]; readonly address: string | null; readonly stays: boolean},
    {readonly apps: readonly AppStatus[]}
  >;
  /** Closes the apps to the network, whoever opened them. Answers when they are. */
  readonly lanOff: Method<{readonly names: readonly string[]}, {readonly apps: readonly AppStatus[]}>;
  /** The status of every app and what happens from then on, until the client leaves. Keeps no app awake. */
  readonly events: Method<EventsQuery, Record<string, never>, DaemonEvent>;
  /** What the daemon notices of the machine from then on, until the client leaves. */
  readonly notices: Method<Record<string, never>, Record<string, never>, Notice>;
  /** Ends the daemon; registrations stay. */
  readonly shutdown: Method<Record<string, never>, Record<string, never>>;
};

export type CallMessage = {readonly id: number; readonly method: string; readonly params: unknown};
export type AnswerMessage =
  | {readonly id: number; readonly result: unknown}
  | {readonly id: number; readonly error: Problem}
  | {readonly id: number; readonly event: unknown};

/** An error in the form in which it crosses the socket. Of a bug only the message does; its stack is in the log. */
export function toProblem(error: unknown): Problem {
  if (error instanceof TakoError) {
    return {code: error.code, message: error.message, hint: error.hint ?? null, details: error.details};
  }
  const message = error instanceof Error ? error.message : String(error);
  return {code: 'INTERNAL', message, hint: 'this is a bug in tako; the daemon log has the details', details: []};
}

/** The error again, on the client's side. */
export const fromProblem = ({code, message, hint, details}: Problem): TakoError =>
  new TakoError(code, message, {...(hint === null ? {} : {hint}), details});
