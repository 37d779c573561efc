// What `tako` on a laptop asks of a server, over ssh: JSON lines on the server's control socket, as with the dev daemon.
// Files travel beside it (see src/prod/upload).

import type {LogLevel, Problem} from './events.js';
import type {Method} from './method.js';

/** Raised when an old client or server could misread a message; until then fields are only added. */
export const SERVER_PROTOCOL = 1;

/** An app in one of its environments: what is deployed, scaled and rolled back as one. */
export type DeploymentName = {readonly app: string; readonly environment: string};

export type ServerInfo = {
  readonly version: string;
  readonly protocol: number;
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The server's clock, in milliseconds since the epoch. */
  readonly now: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Of the server's own Node, which releases run by: `24.21.0`. */
  readonly nodeVersion: string;
  /** Whether apps run as users of their own. */
  readonly isIsolated: boolean;
  /** `cgroup-v2`, `cgroup-v1`, or null: memory and processes are not limited. */
  readonly limitsBy: 'cgroup-v2' | 'cgroup-v1' | null;
  readonly platform: Platform;
};

/** As npm names them. */
export type Platform = {readonly os: 'linux'; readonly cpu: 'x64' | 'arm64'; readonly libc: 'glibc' | 'musl'};

/** Whether a release could be deployed, before anything is built. */
export type CheckResult = {
  /** Empty: nothing stands against it. */
  readonly problems: readonly Problem[];
  /** The release that serves now: an upload says only what differs from it. */
  readonly currentRelease: string | null;
  /** The deploy that is under way, which `follow` attaches to. */
  readonly job: JobSummary | null;
};

export type JobSummary = {
  readonly id: string;
  readonly kind: 'deploy' | 'rollback';
  readonly deployment: DeploymentName;
  readonly release: string;
  /** Who asked for it: `user@host`. */
  readonly by: string;
  readonly startedAt: number;
};

export type JobStep = 'prepare' | 'release-command' | 'start' | 'health' | 'switch' | 'drain' | 'finalize';

/** What happens in a job; `sequence` grows by one, so that who comes back can go on where they were. */
export type JobEvent = {
  readonly sequence: number;
  readonly time: number;
  readonly step: JobStep;
} & (
  | {readonly type: 'started'}
  | {readonly type: 'output'; readonly text: string}
  | {readonly type: 'done'; readonly elapsedMs: number; readonly note: string | null}
);

export type JobResult =
  | {readonly outcome: 'succeeded'; readonly release: string}
  /** The release that served before goes on. */
  | {readonly outcome: 'failed'; readonly step: JobStep; readonly problem: Problem};

export type ReleaseState = 'current' | 'superseded' | 'failed' | 'prepared';

export type ReleaseSummary = {
  readonly id: string;
  readonly state: ReleaseState;
  readonly deployedAt: number;
  readonly by: string;
  readonly commit: Commit | null;
};

export type Commit = {readonly sha: string; readonly message: string; readonly isDirty: boolean};

export type InstanceSummary = {
  readonly number: number;
  readonly release: string;
  readonly state: 'starting' | 'ready' | 'draining' | 'backing-off' | 'exited';
  readonly pid: number | null;
  readonly startedAt: number | null;
  /** As its limit counts: with the files that the system keeps in memory for it. Without control groups, what is resident. */
  readonly memoryBytes: number;
};

/** `on-demand`: scaled to zero, and nothing runs until it is asked for. `stopped`: until `start`. */
export type DeploymentState = 'running' | 'on-demand' | 'stopped' | 'failing' | 'static';

export type DeploymentStatus = DeploymentName & {
  readonly state: DeploymentState;
  readonly release: string | null;
  readonly routes: readonly string[];
  /** Instances kept running. 0: one while it is used. */
  readonly scale: number;
  readonly instances: readonly InstanceSummary[];
  readonly problem: Problem | null;
  readonly job: JobSummary | null;
};

/** What is told of the secrets of a deployment: never a value. */
export type SecretsSummary = {
  /** HMAC-SHA256 of what they are, with the salt; null: there are none. */
  readonly digest: string | null;
  /** For the digest of others, to be compared. */
  readonly salt: string;
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly storedAt: number | null;
};

export type ServerLogRecord = {
  /** Grows by one per record of a deployment. */
  readonly id: number;
  readonly time: number;
  /** `tako`: the server's own words about it. */
  readonly stream: 'stdout' | 'stderr' | 'tako';
  readonly release: string | null;
  readonly instance: number | null;
  /** How serious it is, where it says so. */
  readonly level: LogLevel | null;
  readonly text: string;
};

type OfDeployment = {readonly deployment: DeploymentName};
type Nothing = Record<string, never>;

export type ServerMethods = {
  readonly hello: Method<{readonly version: string; readonly protocol: number}, ServerInfo>;
  readonly check: Method<
    OfDeployment & {readonly routes: readonly string[]; readonly uploadBytes: number},
    CheckResult
  >;
  /** Which of these objects (SHA-256, in hexadecimal) the server lacks. At most 10,000 at a time. */
  readonly missing: Method<{readonly hashes: readonly string[]}, {readonly missing: readonly string[]}>;
  /**
   * Deploys a release whose manifest and files are there. It goes on when the client leaves. The release command is run
   * on one server of several only.
   */
  readonly deploy: Method<
    {
      readonly manifest: string;
      readonly by: string;
      readonly runsReleaseCommand: boolean;
      /** The digest of the secrets that it is to have, which were stored before; null: none. Left out: those it has. */
      readonly secrets?: string | null;
    },
    JobSummary
  >;
  /** The secrets that its processes get, also where it is not deployed yet. */
  readonly secrets: Method<OfDeployment, SecretsSummary>;
  /** Keeps secrets, which nothing uses until `deploy` or `useSecrets` says so. */
  readonly storeSecrets: Method<
    OfDeployment & {
      readonly delivery: 'bootstrap' | 'environment' | 'both';
      readonly values: Readonly<Record<string, string>>;
    },
    {readonly digest: string}
  >;
  /** Has fresh processes with these secrets follow those that run; null: with none. Answers when they serve. */
  readonly useSecrets: Method<OfDeployment & {readonly digest: string | null}, DeploymentStatus>;
  /** To a release that was deployed before; null: the one before the current. */
  readonly rollback: Method<OfDeployment & {readonly release: string | null; readonly by: string}, JobSummary>;
  /** Events of a job after `after` (0: all), until it is over. */
  readonly follow: Method<{readonly job: string; readonly after: number}, JobResult, JobEvent>;
  readonly cancel: Method<{readonly job: string}, Nothing>;
  readonly releases: Method<OfDeployment, {readonly releases: readonly ReleaseSummary[]}>;
  readonly scale: Method<OfDeployment & {readonly instances: number}, DeploymentStatus>;
  readonly stop: Method<OfDeployment, DeploymentStatus>;
  readonly start: Method<OfDeployment, DeploymentStatus>;
  readonly restart: Method<OfDeployment, DeploymentStatus>;
  /** Brings it to ready, as a request would; answers where it listens. For a server process that finishes its requests. */
  readonly wake: Method<OfDeployment, {readonly host: string; readonly port: number; readonly isTls: boolean}>;
  /** With its releases, its data and its log. */
  readonly delete: Method<OfDeployment, Nothing>;
  readonly status: Method<Nothing, {readonly info: ServerInfo; readonly deployments: readonly DeploymentStatus[]}>;
  /**
   * The last `count` records from `since` (milliseconds since the epoch; 0: all) and behind the id `after` (0: all); with
   * `follow` also those to come. Those of `level` and more serious ones, and of one instance by its number; null: all.
   */
  readonly logs: Method<
    OfDeployment & {
      readonly count: number;
      readonly since: number;
      readonly after: number;
      readonly release: string | null;
      readonly level: LogLevel | null;
      readonly instance: string | null;
      readonly follow: boolean;
    },
    Nothing,
    ServerLogRecord
  >;
  /** Runs a command in the environment of the current release. */
  readonly exec: Method<
    OfDeployment & {readonly command: readonly string[]},
    {readonly code: number | null; readonly signal: string | null},
    {readonly stream: 'stdout' | 'stderr'; readonly text: string}
  >;
  /** Puts a new server process in the place of this one; apps and connections go on. */
  readonly reload: Method<Nothing, {readonly pid: number}>;
  /** Ends the server and its apps. */
  readonly shutdown: Method<Nothing, Nothing>;
};
