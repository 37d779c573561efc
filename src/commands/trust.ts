import {homedir} from 'node:os';
import {loadAuthority, loadPreviousRoot, loadRoot, openAuthority} from '../ca/authority.js';
import {authorityFiles} from '../ca/authority-files.js';
import {currentOwner, isOwnedBy} from '../ca/owner.js';
import {loadSuccessor} from '../ca/rotate-authority.js';
import {applyPlan} from '../ca/trust/apply-plan.js';
import {type InstallationRecord, openInstallationRecord} from '../ca/trust/installation-record.js';
import {
  checkTrust,
  isStillThere,
  planTrust,
  planUntrust,
  readTrustFacts,
  type StoreTrust,
  type TrustFacts,
} from '../ca/trust/trust.js';
import type {TrustPlan, TrustStore} from '../ca/trust/trust-store.js';
import {systemClock} from '../system/clock.js';
import {createElevation} from '../system/elevation.js';
import {type Run, renderCommand, run} from '../system/exec.js';
import {confirm} from './confirm.js';
import {type Context, createContext, loadUserSettings} from './context.js';
import {printJson, printNote} from './output.js';

export type PlanFlags = {readonly yes?: boolean; readonly dryRun?: boolean; readonly json?: boolean};

/** Puts the root certificate into every trust store of this machine. Shows each command first and asks once. */
export async function trust(flags: PlanFlags): Promise<void> {
  const context = createContext();
  // What they say of zones goes into the root: a mistake in them is said before any plan.
  await loadUserSettings(context);
  const folder = context.files.authority;
  if (flags.dryRun && !(await loadRoot(folder))) return showFirstPlan(authorityFiles(folder).certificate, flags);
  const plan = await planTrustHere(context);
  await carryOut(plan, flags, 'every trust store that tako can reach has the certificate already');
  const {root} = await openAuthority({folder, clock: systemClock});
  printStores(root.file, checkTrust(await readFacts(), root), flags);
}

/** What there is to do before there is a root; the commands name its fingerprint, so they cannot be shown yet. */
async function showFirstPlan(certificate: string, flags: PlanFlags): Promise<void> {
  const facts = await readFacts();
  const stores = facts.stores.map(storeWithoutRoot);
  const reachable = facts.stores.filter(isChangedByItself).map(({name}) => name);
  printSteps([
    `make the local authority, with the root certificate ${certificate}`,
    ...(reachable.length > 0 ? [`put that certificate into: ${reachable.join(', ')}`] : []),
  ]);
  printStores(certificate, stores, flags);
}

const isChangedByItself = (store: TrustStore): boolean =>
  store.kind !== 'unavailable' && !(store.kind === 'java' && store.isDerived);

function storeWithoutRoot(store: TrustStore): StoreTrust {
  if (store.kind === 'unavailable') return {store: store.name, state: 'unavailable', reason: store.reason};
  const isStale = store.roots.some(({certificate}) => isOwnedBy(certificate, currentOwner()));
  return {store: store.name, state: isStale ? 'stale' : 'not-trusted'};
}

/** Takes every root of this user's out of the trust stores again. */
export async function untrust(flags: PlanFlags): Promise<void> {
  const plan = await planUntrustHere(createContext());
  plan.notes?.forEach(printNote);
  await carryOut(plan, flags, 'no trust store has a certificate of tako');
  if (flags.json) printJson({ok: true, isDryRun: flags.dryRun ?? false, changes: renderChanges(plan)});
}

const openRecord = (): Promise<InstallationRecord> => openInstallationRecord(createContext().files.installations);

/** What this machine's stores hold, and those that were given a root and are not found by looking. */
export const readFacts = async (): Promise<TrustFacts> => readFactsWith(await openRecord());

const readFactsWith = ({all}: InstallationRecord): Promise<TrustFacts> =>
  readTrustFacts({home: homedir(), platform: process.platform, run, environment: process.env}, all);

/** What puts the root certificate into the stores that lack it. Makes the authority if there is none. */
export async function planTrustHere(context: Context): Promise<TrustPlan> {
  const {zones} = await loadUserSettings(context);
  const folder = context.files.authority;
  const options = {folder, clock: systemClock, permittedZones: zones};
  const authority = (await loadAuthority(options)) ?? (await openAuthority(options));
  const successor = await loadSuccessor(folder, authority.constraints);
  if (successor) printNote('a rotation was begun and cut short: "tako trust --rotate" completes it');
  return planTrust(await readFacts(), authority.root, await loadPreviousRoot(folder), successor?.root);
}

/** What takes every root of this user's out of the stores. */
export async function planUntrustHere({files}: Context): Promise<TrustPlan> {
  const roots = await Promise.all([loadRoot(files.authority), loadPreviousRoot(files.authority)]);
  return planUntrust(
    await readFacts(),
    currentOwner(),
    roots.filter(root => root !== undefined),
  );
}

/** Runs the plan and says what it does; the record says afterwards what is where. Throws as `applyPlan`. */
export async function carryOutPlan(plan: TrustPlan, run: Run): Promise<void> {
  const record = await openRecord();
  try {
    await applyPlan(plan, run, {record, onStep: ({store, description}) => printNote(`${store}: ${description}`)});
  } finally {
    const facts = await readFactsWith(record);
    await record.retain(installation => isStillThere(facts, installation));
  }
}

async function carryOut(plan: TrustPlan, flags: PlanFlags, nothingToDo: string): Promise<void> {
  if (plan.changes.length === 0) {
    if (!flags.dryRun) await carryOutPlan(plan, run);
    return void (flags.json || printNote(nothingToDo));
  }
  printNote(
    `tako will run:\n${renderChanges(plan)
      .map(({store, command}) => `  ${command}\n      (${store})`)
      .join('\n')}`,
  );
  if (!flags.dryRun) await askAndRun(flags, elevated => carryOutPlan(plan, elevated));
}

/** Asks whether to go on, and asks for rights once. Throws CONFIRMATION_NEEDED and CANCELLED. */
export async function askAndRun({yes}: PlanFlags, work: (run: Run) => Promise<void>): Promise<void> {
  if (!yes) await confirm('Go ahead?');
  const elevation = createElevation({run, isRoot: process.getuid?.() === 0});
  try {
    await work(elevation.run);
  } finally {
    elevation.close();
  }
}

/** The commands of a plan as they are typed. */
export const renderChanges = ({changes}: TrustPlan): {store: string; description: string; command: string}[] =>
  changes.map(({store, description, command}) => ({
    store,
    description,
    command: renderCommand(command, process.getuid?.() === 0),
  }));

/** The steps of a plan, for people. */
export const printSteps = (steps: readonly string[]): void =>
  printNote(`tako will:\n${steps.map(step => `  - ${step}`).join('\n')}`);

/** What each store says of the root in that file. */
export function printStores(certificate: string, stores: readonly StoreTrust[], {json, dryRun}: PlanFlags): void {
  if (json) printJson({ok: true, isDryRun: dryRun ?? false, certificate, stores});
  else for (const store of stores) printNote(describeStore(store));
}

const describeStore = (store: StoreTrust): string =>
  store.state === 'unavailable' ? `${store.store}: ${store.reason}` : `${store.store}: ${store.state}`;
