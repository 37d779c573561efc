import {splitWords} from './split-words.js';

/** Where ssh connects to. What is undefined is as the user's own configuration says. */
export type SshTarget = {
  readonly host: string;
  readonly user: string | undefined;
  readonly port: number | undefined;
  /** A private key's file. */
  readonly sshKey: string | undefined;
  /** Further options of ssh, before all others: `-F file`, `-o Option=value`. */
  readonly sshOptions: readonly string[];
};

/** Options for every server, in words parted by spaces: for a test, or a machine with a setup of its own. */
export const SSH_OPTIONS_VARIABLE = 'TAKO_SSH_OPTIONS';

export type SshFlags = {
  /** Somebody can be asked for a passphrase or about a new host key. */
  readonly hasTerminal: boolean;
  readonly environment: NodeJS.ProcessEnv;
};

/** How long a server may take to answer at all, in seconds; ssh's own default is TCP's, over two minutes. */
const CONNECT_TIMEOUT_S = 15;
/** A connection without a word for 3 times this, in seconds, is cut: a laptop that was asleep, another network. */
const ALIVE_INTERVAL_S = 10;

/**
 * The options that come before the destination. The user's own configuration holds for all else: keys, agent, ProxyJump,
 * known_hosts and whether a new host key is taken. An option that comes first wins, so theirs do.
 */
export function sshOptions(target: SshTarget, {hasTerminal, environment}: SshFlags): string[] {
  return [
    ...splitWords(environment[SSH_OPTIONS_VARIABLE] ?? ''),
    ...target.sshOptions,
    // Neither a terminal there, nor X11, nor the user's agent: none of it is needed.
    ...['-T', '-x', '-a'],
    ...option('BatchMode', hasTerminal ? 'no' : 'yes'),
    ...option('ConnectTimeout', CONNECT_TIMEOUT_S),
    ...option('ServerAliveInterval', ALIVE_INTERVAL_S),
    ...option('ServerAliveCountMax', 3),
    // Its messages are read; a RemoteCommand or a forwarding of the user's would be in the way of ours.
    ...option('LogLevel', 'INFO'),
    ...option('RemoteCommand', 'none'),
    ...option('ClearAllForwardings', 'yes'),
    ...(target.port === undefined ? [] : ['-p', String(target.port)]),
    ...(target.user === undefined ? [] : ['-l', target.user]),
    ...(target.sshKey === undefined ? [] : ['-i', target.sshKey]),
  ];
}

const option = (name: string, value: string | number): string[] => ['-o', `${name}=${value}`];

/** `user@host`, as a person would write it. */
export const describeTarget = ({user, host, port}: SshTarget): string =>
  `${user === undefined ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}`;
