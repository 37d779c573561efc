import type {X509Certificate} from 'node:crypto';
import type {Run, ShellCommand} from '../../system/exec.js';
import type {RootCertificate} from '../root.js';

/** What the stores are read through. `root` is where the file system begins; only a test says other than `/`. */
export type TrustWorld = {
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readonly run: Run;
  readonly root?: string;
};

/** A root of tako's that a store holds, of this user or another. */
export type StoredRoot = {
  readonly certificate: X509Certificate;
  /** The file or nickname it is under. */
  readonly place: string;
  /** Whether clients that read the store trust it; a copied file alone does not make them. */
  readonly active: boolean;
};

/** A trust store as it was found: facts only, so that checks and plans are pure functions of them. */
export type TrustStore = LinuxStore | MacosStore | NssStore | UnavailableStore;

type Store<Kind extends string> = {
  readonly kind: Kind;
  /** For people: `Firefox (~/.mozilla/firefox/abc.default)`. */
  readonly name: string;
};

export type LinuxStore = Store<'linux'> & {
  readonly roots: readonly StoredRoot[];
  /** The folder of certificates that `update` turns into the bundle that clients read. */
  readonly anchors: string;
  readonly update: ShellCommand;
  /** The update after a file was taken away. */
  readonly updateAfterRemoval: ShellCommand;
};

export type MacosStore = Store<'macos'> & {readonly roots: readonly StoredRoot[]};

export type NssStore = Store<'nss'> & {
  readonly roots: readonly StoredRoot[];
  readonly folder: string;
  /** False for a database that is made when the root is installed. */
  readonly exists: boolean;
};

export type UnavailableStore = Store<'unavailable'> & {
  /** What keeps tako from reading it, and what to do about it. */
  readonly reason: string;
};

/** macOS takes trust away from a certificate in a file; it is not known for a root whose folder was deleted. */
export type RootToRemove = StoredRoot & {readonly file?: string};

/** How the roots in a store are to change. */
export type StoreEdit = {
  readonly add?: RootCertificate;
  readonly remove: readonly RootToRemove[];
};

/** One step of a plan, shown before it runs. */
export type TrustChange = {readonly store: string; readonly description: string; readonly command: ShellCommand};

export type TrustPlan = {readonly changes: readonly TrustChange[]};
