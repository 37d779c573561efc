import {mkdir, realpath} from 'node:fs/promises';
import path from 'node:path';
import {type AuthorityOptions, loadRoot, openAuthority} from '../ca/authority.js';
import {addZones} from '../ca/rotate-authority.js';
import {checkTrust} from '../ca/trust/trust.js';
import {LOCAL_ZONES, planZones} from '../ca/zones.js';
import {addZoneToSettings, SETTINGS_FILE} from '../config/settings.js';
import {endDaemon, findDaemon} from '../devproxy/daemon-client.js';
import {normalizeHost} from '../proxy/route-syntax.js';
import {systemClock} from '../system/clock.js';
import {errorCode, TakoError} from '../system/error.js';
import {readTextIfExists, writeFileAtomic} from '../system/files.js';
import {confirm} from './confirm.js';
import {type Context, createContext, loadUserSettings, portsOf, startDaemon} from './context.js';
import {printJson, printNote} from './output.js';
import {type PlanFlags, printSteps, readFacts, refreshTrust} from './trust.js';

export type SetupFlags = PlanFlags & {readonly zone: string};

/**
 * Serves and signs another zone. The root names the zones it may sign, so one outside them needs a new root, and the
 * trust stores the new one: the steps are shown and confirmed first.
 */
export async function setup(flags: SetupFlags): Promise<void> {
  const context = createContext();
  const zone = checkZone(flags.zone);
  const steps = await planSteps(context, zone);
  if (steps.length > 0) {
    printSteps(steps.map(({text}) => text));
    if (!flags.dryRun && !flags.yes) await confirm('Go ahead?');
    if (!flags.dryRun) for (const step of steps) await step.run();
  }
  if (flags.json) printJson({ok: true, isDryRun: flags.dryRun ?? false, zone, steps: steps.map(({text}) => text)});
  else if (steps.length === 0) printNote(`${zone} is served and signed already`);
}

type Step = {readonly text: string; readonly run: () => Promise<void>};

async function planSteps(context: Context, zone: string): Promise<Step[]> {
  const {zones} = await loadUserSettings(context);
  const authority = {folder: context.files.authority, clock: systemClock, permittedZones: zones};
  const isServed = [...zones, 'test'].includes(zone);
  const settings: Step = {
    text: `add ${zone} to ${path.join(context.paths.config, SETTINGS_FILE)}`,
    run: () => writeZone(context, zone),
  };
  const steps = [
    ...((await loadRoot(authority.folder))
      ? await planRotation(context, authority, zone)
      : [planAuthority(authority, zones, zone)]),
    ...(isServed ? [] : [settings]),
  ];
  const connection = await findDaemon(context.files, context.version);
  if (!connection) return steps;
  connection.client.close();
  const restart: Step = {
    text: 'restart the daemon; its apps start again when asked for',
    run: () => restartDaemon(context),
  };
  return steps.length > 0 ? [...steps, restart] : [];
}

/** Nothing trusts an authority that is not made yet, so it can have the zone from its beginning. */
const planAuthority = (options: AuthorityOptions, zones: readonly string[], zone: string): Step => ({
  text: `make the local authority, with a root certificate that may also sign ${zone}`,
  run: async () => void (await openAuthority({...options, permittedZones: [...zones, zone]})),
});

async function planRotation(context: Context, options: AuthorityOptions, zone: string): Promise<Step[]> {
  const {root, constraints} = await openAuthority(options);
  if (planZones(constraints.zones, [zone]).action === 'keep') return [];
  const trusting = checkTrust(await readFacts(), root).filter(({state}) => state === 'trusted');
  const rotate: Step = {
    text: `make a new root certificate, which may also sign ${zone}; the old one is kept as ca.previous.crt`,
    run: async () => void (await addZones(options, [zone])),
  };
  const trust: Step = {
    text: `replace the old root certificate in: ${trusting.map(({store}) => store).join(', ')}`,
    run: async () => refreshTrust(context, (await openAuthority(options)).root),
  };
  return trusting.length > 0 ? [rotate, trust] : [rotate];
}

async function writeZone({paths}: Context, zone: string): Promise<void> {
  await mkdir(paths.config, {recursive: true, mode: 0o700});
  const file = await targetOf(path.join(paths.config, SETTINGS_FILE));
  await writeFileAtomic(file, addZoneToSettings((await readTextIfExists(file)) ?? '', zone));
}

/** Where a symbolic link leads, as people who keep their settings in git have one: a rename would replace the link. */
async function targetOf(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return file;
    throw error;
  }
}

async function restartDaemon(context: Context): Promise<void> {
  const running = await findDaemon(context.files, context.version);
  if (!running) return;
  await endDaemon(running);
  (await startDaemon(context, portsOf(running.info))).client.close();
}

/** Single labels that nobody can register: the local zones, and what ICANN reserved for private use. */
const LOCAL_LABELS: readonly string[] = [...LOCAL_ZONES, 'internal'];

function checkZone(text: string): string {
  const zone = normalizeHost(text);
  if (zone === undefined || /^[\d.]+$|:/.test(zone)) {
    throw new TakoError('ZONE_INVALID', `"${text}" is not a zone`, {hint: 'give a domain such as dev.example.com'});
  }
  if (!zone.includes('.') && !LOCAL_LABELS.includes(zone)) {
    throw new TakoError('ZONE_INVALID', `"${zone}" is a top-level domain: its names belong to everybody`, {
      hint: 'give a domain below it such as dev.example.com',
    });
  }
  return zone;
}
