// What a failure shows by itself, whatever the app has printed.

import {constants} from 'node:os';
import path from 'node:path';
import {renderCommand} from '../../system/exec.js';
import {describeExit, type Exit} from '../instance.js';
import type {LaunchSpec} from '../launch-spec.js';
import type {PortTaken} from '../reserved-port.js';
import type {TimedOut} from './failure.js';
import {quote} from './output.js';
import type {Circumstances, Explanation} from './rule.js';

/** Exit codes of a shell for a child that a signal ended: 128 and its number, POSIX 2.8.2 and what shells do. */
const KILLED_CODE = 128 + constants.signals.SIGKILL;

/** The process ended by itself, and its output does not show why. */
export function explainExit(circumstances: Circumstances, exit: Exit): Explanation {
  const {spec, failure} = circumstances;
  const message = describeEnd(spec, failure.outcome === 'crashed', exit);
  if (exit.signal === 'SIGKILL' || exit.code === KILLED_CODE) {
    return {
      code: 'APP_KILLED',
      message: `${message}: ${exit.code === KILLED_CODE ? 'that code stands for a process that was killed' : 'it was killed'}`,
      hint:
        exit.reason === undefined
          ? 'the system does that when memory runs out: journalctl -k, or dmesg, tells of it'
          : 'let it use less memory, or allow it more: limits.memory in tako.toml, as far as the server has it',
    };
  }
  if (failure.outcome === 'crashed')
    return {code: 'APP_CRASHED', message, hint: 'its last lines of output may say why'};
  if (exit.code === 0) {
    return {
      code: 'APP_ENDED',
      message: `${commandOf(spec)} ended without an error, and without having served: it is not a server, or runs in the background`,
      hint: `name a command that keeps running and serves, as dev in tako.toml`,
    };
  }
  return {
    code: 'APP_EXITED_EARLY',
    message,
    hint: dropsDescriptor(spec)
      ? `its output says why; ${NAME_THE_PROGRAM}`
      : `its output says why; to try it alone, run ${commandOf(spec)} in ${spec.directory}`,
  };
}

/** `web exited with code 1 before it was ready`, `web crashed with signal SIGSEGV`. */
export const describeEnd = (spec: LaunchSpec, wasReady: boolean, exit: Exit): string =>
  wasReady
    ? `${titleOf(spec)} crashed with ${describeExit(exit)}`
    : `${titleOf(spec)} exited with ${describeExit(exit)} before it was ready`;

/** The deadline came first. */
export function explainTimeout({spec}: Circumstances, failure: TimedOut): Explanation {
  const ports = [...new Set(failure.listeners.map(({port}) => port))];
  if (ports.length > 0) return listensElsewhere(spec, ports);
  return spec.ready === 'fd' ? noLine(spec, failure.isPipeClosed) : noListener(spec);
}

function listensElsewhere(spec: LaunchSpec, ports: readonly number[]): Explanation {
  const [port] = ports;
  const where = `${titleOf(spec)} listens on ${ports.length === 1 ? 'port' : 'ports'} ${ports.join(', ')}`;
  if (spec.ready === 'fd') {
    return {
      code: 'APP_LISTENS_ELSEWHERE',
      message: `${where}, but did not write its port to file descriptor 4 within ${seconds(spec)}`,
      hint: 'once it listens, the app must write its port and a newline to file descriptor 4; or leave ready = "fd" out of tako.toml',
    };
  }
  return {
    code: 'APP_LISTENS_ELSEWHERE',
    message: `${where}, not on ${spec.port === undefined ? 'the port in PORT' : `port ${spec.port}, as tako.toml says`}`,
    hint: `set port = ${port} in tako.toml, or let the app listen on the port in PORT`,
  };
}

const noLine = (spec: LaunchSpec, isPipeClosed: boolean): Explanation => ({
  code: 'APP_NOT_READY',
  message: [
    `${titleOf(spec)} did not write its port to file descriptor 4 within ${seconds(spec)}`,
    ...(isPipeClosed ? ['it closed the descriptor without a line'] : []),
  ].join('; '),
  hint:
    isPipeClosed || dropsDescriptor(spec)
      ? NAME_THE_PROGRAM
      : 'once it listens, the app must write its port and a newline to file descriptor 4, as the SDK does',
});

const noListener = (spec: LaunchSpec): Explanation => ({
  code: 'APP_NOT_READY',
  message:
    spec.port === undefined
      ? `${titleOf(spec)} runs, but did not open a port within ${seconds(spec)}`
      : `${titleOf(spec)} runs, but did not listen on port ${spec.port} within ${seconds(spec)}`,
  hint: `if it only needs longer, raise ready_timeout in tako.toml; a build or a worker that opens no port cannot be served: name the command of the server`,
});

/** The port that is pinned for the app belongs to another program, so it was not started. */
export function explainPortTaken({spec, facts}: Circumstances, {port, pid}: PortTaken): Explanation {
  const owner = facts.portOwner?.port === port ? facts.portOwner : undefined;
  const holder = owner ? ` by ${owner.name} (pid ${owner.pid})` : pid === undefined ? '' : ` by pid ${pid}`;
  const holderPid = owner?.pid ?? pid;
  return {
    code: 'APP_PORT_IN_USE',
    message: `port ${port}, which ${titleOf(spec)} is to listen on, is in use${holder}`,
    hint: `${holderPid === undefined ? 'end that program' : `kill ${holderPid} ends that program`}; or choose another port in tako.toml`,
  };
}

export const explainLine = ({spec}: Circumstances, line: string): Explanation => ({
  code: 'READY_LINE_INVALID',
  message: `${titleOf(spec)} wrote ${JSON.stringify(quote(line))} to file descriptor 4, not its port`,
  hint: 'the line must be a decimal number from 1 to 65535, such as 4000, and a newline',
});

const NAME_THE_PROGRAM =
  'file descriptor 4 does not pass through npm, pnpm, yarn and most watchers: name the server program itself as the command';

/** Runners that close what they do not know: measured with npm 11, pnpm 10, yarn 1, bunx 1.4, tsx 4 and nodemon. */
const RUNNERS = new Set(['npm', 'npx', 'pnpm', 'pnpx', 'yarn', 'bunx', 'tsx', 'nodemon']);

const dropsDescriptor = ({ready, command: [program = '']}: LaunchSpec): boolean =>
  ready === 'fd' && RUNNERS.has(path.basename(program));

/** What people call it. */
export const titleOf = ({app, remote}: LaunchSpec): string => remote?.title ?? app;

export const seconds = ({readyTimeoutMs}: LaunchSpec): string => `${readyTimeoutMs / 1_000} s`;

const commandOf = ({command: [file = '', ...args]}: LaunchSpec): string => renderCommand({file, args}, false);
