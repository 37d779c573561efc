import type {AppStatus} from '../control/events.js';
import {unknownApp} from '../devproxy/app-errors.js';
import {findLoggedApps} from '../devproxy/log-folders.js';
import {TakoError} from '../system/error.js';
import {type ConfigFlag, findAppHere} from './context.js';
import {readSurroundings} from './selection.js';

export type LogPlaces = {
  /** Undefined: no daemon runs, and nobody knows. */
  readonly registered: readonly AppStatus[] | undefined;
  /** The folder of all logs. */
  readonly logs: string;
};

/**
 * The apps whose logs are meant: those named, those of this folder or workspace, or all. One that has gone is there as long
 * as its log is. Throws NO_SUCH_APP; without a daemon NO_LOG.
 */
export async function selectLogs(
  names: readonly string[],
  flags: ConfigFlag & {readonly all?: boolean},
  {registered, logs}: LogPlaces,
): Promise<readonly string[]> {
  const logged = await findLoggedApps(logs);
  const here = registered?.map(({name}) => name);
  if (flags.all) return here ?? logged;
  const known = [...new Set([...(here ?? []), ...logged])].sort();
  const wanted = names.length > 0 ? [...new Set(names)] : await findHere(flags, registered ?? [], known);
  const unknown = wanted.find(name => !known.includes(name));
  if (unknown === undefined) return wanted;
  throw registered ? unknownApp(unknown, known) : noLog(unknown, known);
}

async function findHere(
  flags: ConfigFlag,
  registered: readonly AppStatus[],
  known: readonly string[],
): Promise<readonly string[]> {
  const {apps, isBareRoot} = await readSurroundings(process.cwd());
  const ofWorkspace = apps.map(({name}) => name).filter(name => known.includes(name));
  if (flags.config === undefined && isBareRoot && ofWorkspace.length > 0) return ofWorkspace;
  return [await findAppHere(registered, flags)];
}

const noLog = (name: string, known: readonly string[]): TakoError =>
  new TakoError('NO_LOG', `there is no log of ${name}, and the daemon does not run`, {
    hint:
      known.length > 0 ? `there are logs of: ${known.join(', ')}` : '"tako dev" in the folder of an app starts both',
  });
