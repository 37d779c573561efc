import type {HealthCheck, HealthTimings} from '../../config/health.js';
import type {Commit, DeploymentName} from '../../control/server-methods.js';

/** All of a release: what files it has, how it is run, and where it is reached. Its id is that of these bytes. */
export type Manifest = DeploymentName & {
  readonly format: 1;
  /** Sorted by path, each path once. */
  readonly files: readonly ManifestEntry[];
  /** The folder of the app in the release, `.` or a relative path: its processes' working folder. */
  readonly directory: string;
  /** Null: nothing runs, the files of `assets` are all there is. */
  readonly process: ReleaseProcess | null;
  readonly assets: ReleaseAssets;
  /** `host[/path]`, at least one. */
  readonly routes: readonly string[];
  /** Variables for its processes and its release command. No secrets. */
  readonly variables: Readonly<Record<string, string>>;
  /** Run once, before any instance, by `/bin/sh -c`. */
  readonly releaseCommand: string | null;
  readonly ssl: 'letsencrypt' | 'cloudflare' | 'files' | 'internal' | 'off';
  /** Who is believed about a client's address: the connection, or which proxies in front of the server. */
  readonly sourceIp: 'auto' | 'direct' | 'cloudflare-proxy' | 'trusted-proxy';
  readonly settings: ReleaseSettings;
  readonly commit: Commit | null;
};

/** What the server does with the deployment while this release serves. */
export type ReleaseSettings = {
  /** Instances kept running. Null: as it was; `tako scale` says it. */
  readonly scale: number | null;
  /** Releases that stay for a rollback. */
  readonly keepReleases: number;
  /** How long hashed files of the releases before are still served, in milliseconds. */
  readonly assetsWindowMs: number;
};

/** A file or a symbolic link; folders are those that files are in. Paths are relative, with forward slashes. */
export type ManifestEntry =
  | {readonly path: string; readonly sha256: string; readonly size: number; readonly isExecutable: boolean}
  | {readonly path: string; readonly link: string};

export type ReleaseProcess = {
  /** A first word that is the runtime's name is its program. */
  readonly command: readonly [string, ...string[]];
  /** Null: a program that needs none, or one the server has. */
  readonly runtime: ReleaseRuntime | null;
  readonly ready: 'fd' | 'any';
  readonly port: number | null;
  readonly readyTimeoutMs: number;
  readonly graceMs: number;
  /** How long nobody may use it, scaled to zero, before it stops. Null: for ever. */
  readonly idleTimeoutMs: number | null;
  readonly health: HealthCheck;
  readonly healthTimings: HealthTimings;
  /** How long a new instance is watched before it counts. */
  readonly stabilityMs: number;
  readonly limits: ResourceLimits;
};

export type RuntimeName = 'node' | 'bun' | 'deno';

export type ReleaseRuntime = {
  readonly name: RuntimeName;
  readonly version: string;
  /** Its program among the release's files. Null: the server's own Node. */
  readonly file: string | null;
};

/** Null: not limited. */
export type ResourceLimits = {
  readonly memoryBytes: number | null;
  readonly processes: number | null;
  readonly openFiles: number | null;
};

/** `at` is a path without a final slash. */
export type AssetMount = {readonly folder: string; readonly at: string};

export type ReleaseAssets = {
  /** Folders in the release that are served at `/`, the later before the earlier. */
  readonly folders: readonly string[];
  /** Folders that are served below a path of their own: Next's `.next/static` at `/_next/static`. */
  readonly mounts: readonly AssetMount[];
  /** Answered for a path without a file when a page is asked for, as `index.html`. Null: 404. */
  readonly fallback: string | null;
};
