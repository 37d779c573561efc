import type {X509Certificate} from 'node:crypto';
import type {Run, ShellCommand} from '../../system/exec.js';
import type {RootCertificate} from '../root.js';

/** What the stores are read through. */
export type TrustWorld = {
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readonly run: Run;
  /** Where the file system begins; only a test says other than `/`. */
  readonly root?: string;
  /** Says where Java is, and where browsers keep what is theirs when not in the usual folders. */
  readonly environment?: Readonly<NodeJS.ProcessEnv>;
};

/** A root of tako's that a store holds, of this user or another. */
export type StoredRoot = {
  readonly certificate: X509Certificate;
  /** The file, nickname or alias it is under. */
  readonly place: string;
  /** Whether clients that read the store trust it; a copied file alone does not make them. */
  readonly active: boolean;
};

/** A trust store as it was found: facts only, so that checks and plans are pure functions of them. */
export type TrustStore = ReadableStore | UnavailableStore;

export type ReadableStore = LinuxStore | MacosStore | NssStore | JavaStore | WindowsStore;

export type StoreKind = ReadableStore['kind'];

/** Where a store is, so that it is found again when nothing leads to it any more. */
export type StoreLocation = {
  readonly kind: StoreKind;
  /** For people, as the store's. */
  readonly name: string;
  /** A file or folder; of the stores of macOS and Windows the name they have there. */
  readonly path: string;
};

type Store<Kind extends string> = {
  readonly kind: Kind;
  /** For people: `Firefox (~/.mozilla/firefox/abc.default)`. */
  readonly name: string;
  readonly roots: readonly StoredRoot[];
};

export type LinuxStore = Store<'linux'> & {
  /** The folder of certificates that `update` turns into the bundle that clients read. */
  readonly anchors: string;
  readonly update: ShellCommand;
  /** The update after a file was taken away. */
  readonly updateAfterRemoval: ShellCommand;
};

export type MacosStore = Store<'macos'>;

export type NssStore = Store<'nss'> & {
  readonly folder: string;
  /** False for a database that is made when the root is installed. */
  readonly exists: boolean;
};

export type JavaStore = Store<'java'> & {
  /** `cacerts`, the file itself and not a link to it. */
  readonly keystore: string;
  readonly keytool: string;
  /** It is made of the system's store by that one's update, and not changed by itself. */
  readonly isDerived: boolean;
  readonly isElevated: boolean;
};

export type WindowsStore = Store<'windows'> & {
  readonly certutil: string;
  /** What `/` of this Linux is called by Windows: `\\wsl.localhost\Debian\`. */
  readonly share: string;
};

export type UnavailableStore = {
  readonly kind: 'unavailable';
  readonly name: string;
  /** What keeps tako from reading it, and what to do about it. */
  readonly reason: string;
  /** What it is; without a path, all of that kind. */
  readonly of?: {readonly kind: StoreKind; readonly path?: string};
};

/** macOS takes trust away from a certificate in a file; it is not known for a root whose folder was deleted. */
export type RootToRemove = StoredRoot & {readonly file?: string};

/** How the roots in a store are to change. */
export type StoreEdit = {
  readonly add?: RootCertificate;
  readonly remove: readonly RootToRemove[];
};

/** A root that was put into a store, or was about to be. */
export type Installation = {
  readonly store: StoreLocation;
  readonly fingerprint: string;
  /** PEM, so that it can be named to a tool when its own file is gone. */
  readonly certificate: string;
};

/** One step of a plan, shown before it runs. */
export type TrustChange = {
  readonly store: string;
  readonly description: string;
  readonly command: ShellCommand;
  /** What the store's steps put there: to be recorded before they begin. */
  readonly installs?: Installation;
  /** A dialog of another system asks a person whether to go on. */
  readonly asksUser?: boolean;
};

export type TrustPlan = {
  readonly changes: readonly TrustChange[];
  /** What people are told beside it: of stores that are gone, and those that have a root and cannot be read. */
  readonly notes?: readonly string[];
};
