import {mkdir, realpath} from 'node:fs/promises';
import path from 'node:path';
import {type AuthorityOptions, loadRoot, openAuthority} from '../../ca/authority.js';
import {openInstallationRecord} from '../../ca/trust/installation-record.js';
import {LOCAL_ZONES, planZones} from '../../ca/zones.js';
import {addZoneToSettings, SETTINGS_FILE} from '../../config/settings.js';
import {normalizeHost} from '../../proxy/route-syntax.js';
import {systemClock} from '../../system/clock.js';
import {errorCode, TakoError} from '../../system/error.js';
import {readTextIfExists, writeFileAtomic} from '../../system/files.js';
import {type Context, loadUserSettings} from '../context.js';
import {carryOutRotation, planReplacement} from '../trust/rotate.js';
import {restartStep} from './daemon-step.js';
import type {Step} from './step.js';

/**
 * What serves and signs another zone. The root names the zones it may sign, so one outside them needs a new root, and the
 * trust stores the new one.
 */
export async function zoneSteps(context: Context, zone: string): Promise<readonly Step[]> {
  const {zones} = await loadUserSettings(context);
  const authority = {folder: context.files.authority, clock: systemClock, permittedZones: zones};
  const isServed = [...zones, 'test'].includes(zone);
  const settings = ownStep(`add ${zone} to ${path.join(context.paths.config, SETTINGS_FILE)}`, () =>
    writeZone(context, zone),
  );
  const steps = [
    ...((await loadRoot(authority.folder))
      ? await planRotation(context, authority, zone)
      : [planAuthority(authority, zones, zone)]),
    ...(isServed ? [] : [settings]),
  ];
  return steps.length > 0 ? [...steps, ...(await restartStep(context))] : [];
}

/** One that needs no rights. */
const ownStep = (title: string, run: () => Promise<void>): Step => ({title, details: [], needsRoot: false, run});

/** Nothing trusts an authority that is not made yet, so it can have the zone from its beginning. */
const planAuthority = (options: AuthorityOptions, zones: readonly string[], zone: string): Step =>
  ownStep(
    `make the local authority, with a root certificate that may also sign ${zone}`,
    async () => void (await openAuthority({...options, permittedZones: [...zones, zone]})),
  );

/** The stores have the new root before it is used: who does not give the rights keeps the old one, and it is trusted. */
async function planRotation({files}: Context, options: AuthorityOptions, zone: string): Promise<Step[]> {
  const {root, constraints} = await openAuthority(options);
  const plan = planZones(constraints.zones, [zone]);
  if (plan.action === 'keep') return [];
  const rotation = await planReplacement(root, {...constraints, zones: plan.zones}, options);
  const record = await openInstallationRecord(files.installations);
  const stores = [...new Set(rotation.additions.changes.map(({store}) => store))];
  const make = `make a new root certificate, which may also sign ${zone}`;
  return [
    {
      title: stores.length === 0 ? make : `${make}, and put it in the place of the old one in: ${stores.join(', ')}`,
      details: [],
      needsRoot: stores.length > 0,
      run: run => carryOutRotation(rotation, {options, record, run}),
    },
  ];
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

/** Single labels that nobody can register: the local zones, and what ICANN reserved for private use. */
const LOCAL_LABELS: readonly string[] = [...LOCAL_ZONES, 'internal'];

/** The zone in its normal form. Throws ZONE_INVALID. */
export function checkZone(text: string): string {
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
