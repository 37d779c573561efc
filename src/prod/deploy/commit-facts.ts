import type {Commit} from '../../control/server-methods.js';
import type {Run} from '../../system/exec.js';

/** The commit that a folder is at, with the first line of its message. Null: it is in no repository, or there is no git. */
export async function readCommit(directory: string, run: Run): Promise<Commit | null> {
  const git = async (...args: readonly string[]): Promise<string | undefined> => {
    const result = await run({file: 'git', args: ['-C', directory, ...args]}).catch(() => undefined);
    return result?.exitCode === 0 ? result.stdout.trim() : undefined;
  };
  const [sha, message] = ((await git('log', '-1', '--no-show-signature', '--format=%H%n%s')) ?? '').split('\n');
  if (!sha) return null;
  // What is outside of the folder does not travel.
  const changes = await git('status', '--porcelain', '--', '.');
  return {sha, message: message ?? '', isDirty: changes !== undefined && changes !== ''};
}
