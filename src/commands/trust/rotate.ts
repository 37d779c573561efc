// `tako trust --rotate`: a new root with a new key in the place of the old one. The stores are given the new one first, then
// it is put to use, and only then is the old one taken out of them. Cut short anywhere, the next run goes on from there.

import {type Authority, type AuthorityOptions, loadPreviousRoot, loadRoot, openAuthority} from '../../ca/authority.js';
import {authorityFiles} from '../../ca/authority-files.js';
import {currentOwner} from '../../ca/owner.js';
import {fingerprintOf, type RootCertificate} from '../../ca/root.js';
import {
  createSuccessor,
  installSuccessor,
  loadSuccessor,
  type Successor,
  storeSuccessor,
} from '../../ca/rotate-authority.js';
import {type InstallationRecord, openInstallationRecord} from '../../ca/trust/installation-record.js';
import {checkTrust, planSuccessor, planUntrust} from '../../ca/trust/trust.js';
import type {TrustPlan} from '../../ca/trust/trust-store.js';
import {systemClock} from '../../system/clock.js';
import {TakoError} from '../../system/error.js';
import type {Run} from '../../system/exec.js';
import type {NameConstraints} from '../../x509/name-constraints.js';
import {createContext, loadUserSettings} from '../context.js';
import {printNote} from '../output.js';
import {askAndRun, carryOutPlan, type PlanFlags, printStores, readFacts, renderChanges} from '../trust.js';

/**
 * Replaces the root, or completes what an earlier run began. Throws CA_MISSING, and as `tako trust`: then the old root is still
 * the one in use.
 */
export async function rotate(flags: PlanFlags): Promise<void> {
  const context = createContext();
  const folder = context.files.authority;
  if (!(await loadRoot(folder))) throw nothingToReplace();
  const {zones} = await loadUserSettings(context);
  const options: AuthorityOptions = {folder, clock: systemClock, permittedZones: zones};
  const record = await openInstallationRecord(context.files.installations);
  const rotation = await planRotation(options, record);
  showRotation(rotation, flags);
  if (!flags.dryRun) await askAndRun(flags, run => carryOutRotation(rotation, {options, record, run}));
  const root = (await loadRoot(folder)) ?? rotation.old;
  printStores(root.file, checkTrust(await readFacts(), root), flags);
}

const nothingToReplace = (): TakoError =>
  new TakoError('CA_MISSING', 'there is no root certificate to replace', {hint: 'run "tako trust" to make one'});

export type Rotation = {
  readonly old: RootCertificate;
  /** Undefined where it is in use already, and the old one is still in stores. */
  readonly successor?: {readonly root: RootCertificate; readonly key: string; readonly isNew: boolean};
  /** As far as it can be said before the stores have the successor. */
  readonly additions: TrustPlan;
  readonly removals: TrustPlan;
};

async function planRotation(options: AuthorityOptions, record: InstallationRecord): Promise<Rotation> {
  const authority = await openAuthority(options);
  return (
    (await findLeft(authority, options, record)) ?? planReplacement(authority.root, authority.constraints, options)
  );
}

/** A new root for an old one, which may sign what the constraints allow; the one that an earlier run has begun with, if it may. */
export async function planReplacement(
  old: RootCertificate,
  constraints: NameConstraints,
  options: AuthorityOptions,
): Promise<Rotation> {
  const kept = await loadSuccessor(options.folder, constraints);
  const successor = kept ?? createSuccessor(constraints, options);
  const facts = await readFacts();
  const files = [{...old, file: authorityFiles(options.folder).previous}];
  return {
    old,
    successor: {...successor, isNew: kept === undefined},
    additions: planSuccessor(facts, old, successor.root),
    removals: planUntrust(facts, currentOwner(), files, successor.root),
  };
}

/** What a run has left that was cut short after the new root was put to use; undefined where there is nothing. */
async function findLeft(
  {root}: Authority,
  {folder}: AuthorityOptions,
  {rotatedFrom}: InstallationRecord,
): Promise<Rotation | undefined> {
  const old = await loadPreviousRoot(folder);
  const isSwitched = rotatedFrom !== undefined && rotatedFrom !== fingerprintOf(root.certificate);
  if (!old || !isSwitched || fingerprintOf(old.certificate) !== rotatedFrom) return undefined;
  const removals = planUntrust(await readFacts(), currentOwner(), [old], root);
  return removals.changes.length > 0 ? {old, additions: {changes: []}, removals} : undefined;
}

function showRotation({successor, additions, removals}: Rotation, flags: PlanFlags): void {
  const steps = [
    ...(successor?.isNew === false || !successor ? ['go on with the rotation that was begun'] : []),
    ...(successor?.isNew ? ['make a new root certificate, with a new key; the old one stays trusted meanwhile'] : []),
    ...(flags.dryRun && successor?.isNew ? storesOf(additions, 'put the new one into') : linesOf(additions)),
    ...(successor ? ['put the new one to use; a daemon that runs signs with it from its next connection on'] : []),
    ...linesOf(removals),
  ];
  printNote(`tako will:\n${steps.map(step => `  - ${step}`).join('\n')}`);
  removals.notes?.forEach(printNote);
}

const linesOf = (plan: TrustPlan): readonly string[] =>
  renderChanges(plan).map(({store, command}) => `${command}\n      (${store})`);

/** The commands name its fingerprint, and in a dry run it is not made. */
const storesOf = ({changes}: TrustPlan, title: string): readonly string[] =>
  changes.length === 0 ? [] : [`${title}: ${[...new Set(changes.map(({store}) => store))].join(', ')}`];

type Means = {readonly options: AuthorityOptions; readonly record: InstallationRecord; readonly run: Run};

/** Throws TRUST_FAILED; then the old root is still the one in use, unless it was only not taken out of a store. */
export async function carryOutRotation({old, successor, additions}: Rotation, means: Means): Promise<void> {
  const {options, record, run} = means;
  if (successor) await replace(old, successor, additions, means);
  const current = await openAuthority(options);
  const files = [await loadPreviousRoot(options.folder), old].filter(root => root !== undefined);
  await carryOutPlan(planUntrust(await readFacts(), currentOwner(), files, current.root), run);
  await record.setRotatedFrom(undefined);
}

async function replace(
  old: RootCertificate,
  successor: Successor,
  additions: TrustPlan,
  {options, record, run}: Means,
): Promise<void> {
  await record.setRotatedFrom(fingerprintOf(old.certificate));
  await storeSuccessor(options.folder, successor);
  try {
    await carryOutPlan(additions, run);
  } catch (error) {
    throw error instanceof TakoError ? notReplaced(error) : error;
  }
  await installSuccessor(options);
  printNote('the new root certificate is in use; apps that run trust it from their next start on ("tako restart")');
}

const notReplaced = (error: TakoError): TakoError =>
  new TakoError(error.code, `the root certificate was not replaced: ${error.message}`, {
    hint: 'the old one is still in use; run the same command again to go on',
    details: error.details,
    cause: error,
  });
