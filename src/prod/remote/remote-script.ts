// How a shell script gets to a server. ssh hands its command to the user's login shell, which may be fish or csh and
// quotes otherwise; so the command is always the same few harmless words, and the script comes first on standard input,
// where `dd` takes exactly its bytes. What follows it is the script's own input.

/** What a script runs as: the user of the connection, or root by way of a sudo that asks nothing. */
export type ScriptUser = 'self' | 'sudo';

export type RemoteScript = {
  /** For ssh: what the login shell runs. */
  readonly command: string;
  /** Comes before the script's own input. */
  readonly head: Buffer;
};

/** The script as a command and the bytes that lead its input. It runs in a POSIX shell that stops at a failure. */
export function remoteScript(script: string, user: ScriptUser = 'self'): RemoteScript {
  // A user's PATH may lack the tools of root, and not every sudo adds them.
  const head = Buffer.from(`set -eu\nPATH="$PATH:/usr/sbin:/sbin"\n${script}\n`);
  const read = `sh -c 'eval "$(dd bs=1 count=${head.length} 2>/dev/null)"'`;
  return {command: user === 'sudo' ? `sudo -n ${read}` : read, head};
}
