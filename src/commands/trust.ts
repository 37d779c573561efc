import {homedir} from 'node:os';
import {loadPreviousRoot, loadRoot, openAuthority} from '../ca/authority.js';
import {currentOwner} from '../ca/owner.js';
import type {RootCertificate} from '../ca/root.js';
import {applyPlan} from '../ca/trust/apply-plan.js';
import {
  checkTrust,
  planTrust,
  planUntrust,
  readTrustFacts,
  type StoreTrust,
  type TrustFacts,
} from '../ca/trust/trust.js';
import type {TrustPlan} from '../ca/trust/trust-store.js';
import {systemClock} from '../system/clock.js';
import {renderCommand, run} from '../system/exec.js';
import {confirm} from './confirm.js';
import {type Context, createContext, loadUserSettings} from './context.js';
import {printJson, printNote} from './output.js';

export type PlanFlags = {readonly yes?: boolean; readonly dryRun?: boolean; readonly json?: boolean};

/** Puts the root certificate into every trust store of this machine. Shows each command first and asks once. */
export async function trust(flags: PlanFlags): Promise<void> {
  const context = createContext();
  const {zones} = await loadUserSettings(context);
  const folder = context.files.authority;
  const {root} = await openAuthority({folder, clock: systemClock, permittedZones: zones});
  const plan = planTrust(await readFacts(), root, await loadPreviousRoot(folder));
  await carryOut(plan, flags, 'every trust store that tako can reach has the certificate already');
  await reportStores(root, flags);
}

/** Takes every root of this user's out of the trust stores again. */
export async function untrust(flags: PlanFlags): Promise<void> {
  const {authority: folder} = createContext().files;
  const roots = await Promise.all([loadRoot(folder), loadPreviousRoot(folder)]);
  const plan = planUntrust(
    await readFacts(),
    currentOwner(),
    roots.filter(root => root !== undefined),
  );
  await carryOut(plan, flags, 'no trust store has a certificate of tako');
  if (flags.json) printJson({ok: true, changes: renderChanges(plan)});
}

/** What this machine's stores hold. */
export const readFacts = (): Promise<TrustFacts> => readTrustFacts({home: homedir(), platform: process.platform, run});

/** Replaces what the stores hold by the context's root; the user has agreed already. */
export async function refreshTrust({files}: Context, root: RootCertificate): Promise<void> {
  const plan = planTrust(await readFacts(), root, await loadPreviousRoot(files.authority));
  await applyPlan(plan, run, ({store, description}) => printNote(`${store}: ${description}`));
}

async function carryOut(plan: TrustPlan, {yes, dryRun, json}: PlanFlags, nothingToDo: string): Promise<void> {
  if (plan.changes.length === 0) return void (json || printNote(nothingToDo));
  printNote(
    `tako will run:\n${renderChanges(plan)
      .map(({store, command}) => `  ${command}\n      (${store})`)
      .join('\n')}`,
  );
  if (dryRun) return;
  if (!yes) await confirm('Go ahead?');
  await applyPlan(plan, run, ({store, description}) => printNote(`${store}: ${description}`));
}

const renderChanges = ({changes}: TrustPlan): {store: string; description: string; command: string}[] =>
  changes.map(({store, description, command}) => ({
    store,
    description,
    command: renderCommand(command, process.getuid?.() === 0),
  }));

async function reportStores(root: RootCertificate, {json, dryRun}: PlanFlags): Promise<void> {
  const stores = checkTrust(await readFacts(), root);
  if (json) printJson({ok: true, isDryRun: dryRun ?? false, certificate: root.file, stores});
  else for (const store of stores) printNote(describeStore(store));
}

const describeStore = (store: StoreTrust): string =>
  store.state === 'unavailable' ? `${store.store}: ${store.reason}` : `${store.store}: ${store.state}`;
