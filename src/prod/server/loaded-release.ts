import type {Manifest, ReleaseProcess} from '../releases/manifest.js';

/** A release that is on disk, whole, and can be started. */
export type LoadedRelease = {
  readonly id: string;
  readonly manifest: Manifest;
  /** Absolute path of the folder its files are in. */
  readonly tree: string;
};

/** A release that something runs of. */
export type RunnableRelease = LoadedRelease & {readonly manifest: {readonly process: ReleaseProcess}};

export const isRunnable = (release: LoadedRelease): release is RunnableRelease => release.manifest.process !== null;
