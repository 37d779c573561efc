// What a server is like, gathered by one script over ssh. Everything that is decided about an installation is decided from
// this value.

import type {Platform} from '../../../control/server-methods.js';
import {TakoError} from '../../../system/error.js';
import type {ProgramDescription} from '../program.js';
import {readServerTemplate} from '../server-template.js';
import {quoteWord} from '../shell-quote.js';
import {type Installation, parseInstallation} from './installation.js';

/** How steps that need root get it. `none`: they cannot. */
export type Privilege = 'root' | 'sudo' | 'none';

export type ServerFacts = {
  readonly platform: Platform;
  /** `2.36`; undefined when it could not be found out. */
  readonly glibc: string | undefined;
  readonly user: string;
  readonly groups: readonly string[];
  readonly home: string;
  readonly privilege: Privilege;
  /** Where tako is or is to be. */
  readonly root: string;
  /** There is something in that folder which no tako of ours has put there. */
  readonly isRootForeign: boolean;
  /** On the disk of `root`. */
  readonly freeBytes: number | undefined;
  /** Milliseconds since the epoch, to the second. */
  readonly now: number;
  readonly hasSystemd: boolean;
  /** Units of the user's own run, whether the user is logged in or not. */
  readonly hasUserSystemd: boolean;
  readonly hasCron: boolean;
  /** Of the tools that steps need, those that are there. */
  readonly tools: ReadonlySet<string>;
  /** The first port that needs no root. */
  readonly firstFreePort: number;
  /** TCP ports that somebody listens on. */
  readonly listening: ReadonlySet<number>;
  /** Null: none is installed. `broken`: it does not run. */
  readonly program: ProgramDescription | 'broken' | null;
  /** What `current` leads to, `versions/<folder>`; empty: nothing. */
  readonly current: string;
  /** Null: none, or damaged. */
  readonly settings: Installation | null;
};

/** The script that `parseFacts` understands the output of. `root`: where the installation is known to be. */
export const factsScript = (root: string | undefined): string =>
  `root=${quoteWord(root ?? '')}\n${readServerTemplate('facts.sh')}`;

/** Reads what the script printed. Throws SERVER_UNSUPPORTED for a system that tako does not run on. */
export function parseFacts(output: string): ServerFacts {
  const lines = output.split('\n').map(splitLine);
  const value = (key: string): string => lines.find(([name]) => name === key)?.[1] ?? '';
  const values = (key: string): string[] => lines.flatMap(([name, text]) => (name === key ? [text] : []));
  return {
    platform: platformOf(value('os'), value('cpu'), value('libc')),
    glibc: /^\d+\.\d+/.exec(value('glibc'))?.[0],
    user: value('user'),
    groups: value('groups').split(' '),
    home: value('home'),
    privilege: privilegeOf(value('privilege')),
    root: value('root'),
    isRootForeign: value('foreign') === 'yes',
    freeBytes: freeBytesOf(value('disk')),
    now: Number(value('clock')) * 1000,
    hasSystemd: value('systemd') === 'yes',
    hasUserSystemd: value('user_systemd') === 'yes',
    hasCron: value('cron') === 'yes',
    tools: new Set(values('has')),
    firstFreePort: Number(value('first_port')),
    listening: new Set(values('listens').map(port => Number.parseInt(port, 16))),
    program: value('program') === '' ? null : programOf(value('program')),
    current: value('current'),
    settings: parseInstallation(value('settings')),
  };
}

/** The first space parts a key from its value. */
function splitLine(line: string): readonly [key: string, value: string] {
  const space = line.indexOf(' ');
  return space === -1 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
}

/** As `uname -m` says, and as npm does. */
const CPUS: Readonly<Record<string, Platform['cpu']>> = {x86_64: 'x64', amd64: 'x64', aarch64: 'arm64', arm64: 'arm64'};

function platformOf(os: string, machine: string, libc: string): Platform {
  const cpu = CPUS[machine];
  if (os === 'Linux' && cpu !== undefined) return {os: 'linux', cpu, libc: libc === 'musl' ? 'musl' : 'glibc'};
  throw new TakoError(
    'SERVER_UNSUPPORTED',
    `tako does not run on a server with ${os || 'an unknown system'} ${machine}`,
    {
      hint: 'it needs Linux on x86_64 or aarch64',
    },
  );
}

/** A line of `df -Pk`: the free blocks of 1024 bytes come before the percentage. */
function freeBytesOf(line: string): number | undefined {
  const blocks = /\s(\d+)\s+\d+%/.exec(line)?.[1];
  return blocks === undefined ? undefined : Number(blocks) * 1024;
}

const privilegeOf = (word: string): Privilege => (word === 'root' || word === 'sudo' ? word : 'none');

function programOf(text: string): ProgramDescription | 'broken' {
  try {
    return JSON.parse(text) as ProgramDescription;
  } catch {
    return 'broken';
  }
}
