/** Counts the folders that are watched. */
export type FolderLimit = {
  /** Whether this folder is among those watched. */
  admits(folder: string): boolean;
  /** The folder is gone. */
  release(folder: string): void;
};

/** The first `maxFolders` that come are let in; `onExceeded` is told at the first that is not. */
export function createFolderLimit(maxFolders: number, onExceeded: () => void): FolderLimit {
  const admitted = new Set<string>();
  return {
    admits(folder) {
      if (admitted.has(folder)) return true;
      const isAdmitted = admitted.size < maxFolders;
      if (isAdmitted) admitted.add(folder);
      else onExceeded();
      return isAdmitted;
    },
    release: folder => void admitted.delete(folder),
  };
}
