import {TakoError} from '../../system/error.js';
import {describeTarget, type SshTarget} from './ssh-target.js';

/** How an ssh process ended. */
export type SshEnd = {
  /** Null: a signal ended it. */
  readonly code: number | null;
  readonly stderr: string;
};

/** What ssh ends with when the failure is its own, not the command's (ssh(1), EXIT STATUS). */
const SSH_OWN_FAILURE = 255;

/** Whether it was ssh that failed rather than what it ran. */
export const isSshFailure = ({code}: SshEnd): boolean => code === SSH_OWN_FAILURE || code === null;

type Kind = {readonly pattern: RegExp; readonly describe: (target: SshTarget, cause: SshEnd) => TakoError};

/** OpenSSH's own words, the first that fits. A changed host key comes with many others, so it is looked for first. */
const KINDS: readonly Kind[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed|host key is known for/,
    describe: hostKey,
  },
  {pattern: /Permission denied|Too many authentication failures|Authentication failed/, describe: denied},
];

/** The error for a failure of ssh itself. Throws away nothing: its lines are the details. */
export function explainSshFailure(target: SshTarget, end: SshEnd): TakoError {
  const kind = KINDS.find(({pattern}) => pattern.test(end.stderr));
  return kind ? kind.describe(target, end) : unreachable(target, end);
}

function hostKey(target: SshTarget, end: SshEnd): TakoError {
  const hasChanged = /IDENTIFICATION HAS CHANGED/.test(end.stderr);
  return new TakoError(
    'SSH_HOST_KEY',
    `${describeTarget(target)} ${hasChanged ? 'has another host key than before' : 'has a host key that is not known here'}`,
    {
      hint: hasChanged
        ? `if the server was set up anew: ssh-keygen -R ${target.host}; if not, somebody may be listening in`
        : `run "ssh ${describeTarget({...target, port: undefined})}" once and compare the key with the server's`,
      details: linesOf(end),
    },
  );
}

function denied(target: SshTarget, end: SshEnd): TakoError {
  return new TakoError('SSH_DENIED', `${describeTarget(target)} does not let this user in`, {
    hint: 'name the user (user@host) and the key (--ssh-key), or put the public key into ~/.ssh/authorized_keys there',
    details: linesOf(end),
  });
}

const unreachable = (target: SshTarget, end: SshEnd): TakoError =>
  new TakoError('SSH_UNREACHABLE', `${describeTarget(target)} cannot be reached by ssh`, {
    hint: `see whether "ssh ${describeTarget({...target, port: undefined})}" works`,
    details: linesOf(end),
  });

/** The error for a command that ran and failed. */
export const commandFailed = (target: SshTarget, what: string, end: SshEnd): TakoError =>
  new TakoError('SSH_COMMAND', `${what} failed on ${describeTarget(target)} with exit code ${end.code}`, {
    details: linesOf(end),
  });

/** The error for a machine without OpenSSH's client. */
export const sshMissing = (cause: unknown): TakoError =>
  new TakoError('SSH_MISSING', 'there is no ssh on this machine', {
    hint: 'install the OpenSSH client (Debian: apt install openssh-client)',
    cause,
  });

/** The most lines of a failed command that are shown; its last say why. */
const SHOWN_LINES = 12;

/** What a program said on its standard error, without the notes that ssh makes on the way. */
export const linesOf = ({stderr}: Pick<SshEnd, 'stderr'>): string[] =>
  stderr
    .split(/\r?\n/)
    .filter(line => line.trim() !== '' && !line.startsWith('Warning: Permanently added'))
    .slice(-SHOWN_LINES);
