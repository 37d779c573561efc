import type {Problem} from '../control/events.js';
import {toProblem} from '../control/protocol.js';
import type {ServerEntry} from '../prod/remote/server-list.js';
import {TakoError} from '../system/error.js';
import {printJson, printNote, reportError} from './output.js';

/** What a command came to on one server. */
export type ServerOutcome<T> = {readonly server: string} & (
  | {readonly ok: true; readonly result: T}
  | {readonly ok: false; readonly error: Problem; readonly cause: unknown}
);

/** Does the same with every server, beside each other; one that fails does not keep the others from it. */
export const withEachServer = <T>(
  servers: readonly ServerEntry[],
  work: (server: ServerEntry) => Promise<T>,
): Promise<readonly ServerOutcome<T>[]> =>
  Promise.all(servers.map(server => outcomeOf(server.name, () => work(server))));

/** A bug ends the command, with its stack: it is not a matter of one server. */
export async function outcomeOf<T>(server: string, work: () => Promise<T>): Promise<ServerOutcome<T>> {
  try {
    return {server, ok: true, result: await work()};
  } catch (cause) {
    if (!(cause instanceof TakoError)) throw cause;
    return {server, ok: false, error: toProblem(cause), cause};
  }
}

/** Prints every outcome; the exit code is 1 when one is an error. */
export function printOutcomes<T>(
  outcomes: readonly ServerOutcome<T>[],
  {json, print}: {readonly json: boolean | undefined; readonly print: (server: string, result: T) => void},
): void {
  const isOk = outcomes.every(({ok}) => ok);
  if (!isOk) process.exitCode = 1;
  if (json) printJson({ok: isOk, servers: outcomes.map(outcomeToJson)});
  else for (const outcome of outcomes) printOutcome(outcome, print, outcomes.length > 1);
}

/** An error of one of several says whose it is. */
export function printOutcome<T>(
  outcome: ServerOutcome<T>,
  print: (server: string, result: T) => void,
  isSeveral: boolean,
): void {
  if (!outcome.ok) {
    if (isSeveral) printNote(`${outcome.server}: failed`);
    reportError(outcome.cause, {isJson: false});
  } else print(outcome.server, outcome.result);
}

/** As it stands in JSON. */
export function outcomeToJson<T>(outcome: ServerOutcome<T>): Record<string, unknown> {
  const {server, ok} = outcome;
  return outcome.ok ? {server, ok, ...outcome.result} : {server, ok, error: outcome.error};
}
