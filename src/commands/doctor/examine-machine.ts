// All that doctor looks at, put together. What is not about the others runs at the same time; every part has its deadline.

import {loadRoot} from '../../ca/authority.js';
import {authorityFiles} from '../../ca/authority-files.js';
import type {RootCertificate} from '../../ca/root.js';
import {openInstallationRecord} from '../../ca/trust/installation-record.js';
import {readTrustFacts, type TrustFacts} from '../../ca/trust/trust.js';
import type {Settings} from '../../config/settings.js';
import type {DaemonInfo} from '../../control/protocol.js';
import {CANARY_HOST, CANARY_LOCALHOST, canaryAnswer} from '../../devproxy/canary.js';
import type {DaemonFiles} from '../../devproxy/daemon-files.js';
import {trustVariables} from '../../devproxy/trust-variables.js';
import type {Paths} from '../../system/paths.js';
import {type Context, createContext, loadUserSettings} from '../context.js';
import {attempt} from './attempt.js';
import {checkAuthority, checkClock, readClock} from './authority.js';
import {checkClients} from './check-clients.js';
import {tryClients} from './client-trials.js';
import {CLIENTS} from './clients.js';
import {checkDaemon, type DaemonFacts, readDaemon} from './daemon.js';
import {checkSpace, readSpace} from './disk.js';
import {checkModes, readModes} from './file-modes.js';
import type {Finding} from './finding.js';
import {checkFirewalls, findFirewalls} from './firewall.js';
import {checkHttps, readHttps} from './https.js';
import {checkInotify, readInotify} from './inotify.js';
import {type DoctorWorld, thisMachine} from './machine-world.js';
import {checkNames, isLoopback, type NameFacts, readNames} from './names.js';
import {checkNode, readNode} from './node-version.js';
import {checkPlatform, readPlatform} from './platform.js';
import {checkPorts, type PortContext, readPorts} from './ports.js';
import {startProgress} from './progress.js';
import {checkProxies} from './proxy-variables.js';
import {checkResolver, readResolver} from './resolver.js';
import {areNamesSetUp, arePortsSetUp, checkChanges, readChanges, type SetupChange} from './setup-changes.js';
import {checkTrustStores} from './trust-stores.js';

export type MachineReport = {
  /** Whether nothing is broken. */
  readonly ok: boolean;
  readonly paths: Paths;
  readonly home: string;
  readonly findings: readonly Finding[];
};

export type ExamineOptions = {
  /** Told what is still being tried, when that takes long. */
  readonly say?: (text: string) => void;
};

/** Whatever hangs, the clients have ended by then: with what comes before them that is half a minute. */
const CLIENTS_MS = 15_000;

type Findings = Promise<readonly Finding[]>;

/** Looks at everything, and changes nothing. */
export async function examineMachine({say = () => undefined}: ExamineOptions = {}): Promise<MachineReport> {
  const context = createContext();
  const world = thisMachine();
  const progress = startProgress(say);
  try {
    const findings = await examine(context, world, progress.track);
    const ok = findings.every(({severity}) => severity !== 'error');
    return {ok, paths: context.paths, home: world.home, findings};
  } finally {
    progress.close();
  }
}

type Track = (name: string) => () => void;

async function examine(context: Context, world: DoctorWorld, track: Track): Promise<readonly Finding[]> {
  const {files, version} = context;
  const [daemon, settings, changes] = await Promise.all([
    withFacts('daemon', () => readDaemon(files, version, world)),
    withFacts('settings', () => loadUserSettings(context)),
    withFacts('setup-changes', () => readChanges(files.changes)),
  ]);
  const info = daemon.facts?.state === 'running' ? daemon.facts.info : undefined;
  const isSetUp = areNamesSetUp(changes.facts ?? []);
  const [own, reach] = await Promise.all([
    examineOwn({context, world, settings: settings.facts, changes: changes.facts ?? [], info}),
    info ? examineReach({context, info, world, isSetUp, lan: lanOf(daemon.facts), track}) : examineStores(files, world),
  ]);
  return [
    ...found(daemon, facts => checkDaemon(facts, version)),
    ...settings.findings,
    ...found(changes, checkChanges),
    ...own,
    ...reach,
  ];
}

type Own = {
  readonly context: Context;
  readonly world: DoctorWorld;
  readonly settings: Settings | undefined;
  readonly changes: readonly SetupChange[];
  readonly info: DaemonInfo | undefined;
};

/** What tako has here, and has to have: its files, its ports, its share of the machine. */
async function examineOwn({context, world, settings, changes, info}: Own): Promise<readonly Finding[]> {
  const {files, paths, version} = context;
  const {now, environment} = world;
  const zones = info?.zones ?? ['test', ...(settings?.zones ?? [])];
  const findings = await Promise.all([
    attempt('node', async () => checkNode(await readNode(world), version)),
    attempt('disk', async () => checkSpace(await readSpace(paths))),
    attempt('inotify', async () => checkInotify(await readInotify(world))),
    attempt('file-modes', async () => checkModes(await readModes(files), process.getuid?.())),
    attempt('clock', async () => checkClock(await readClock(files.authority, clockFiles(context), now))),
    attempt('authority', () => checkAuthority(files.authority, {now, isInUse: info !== undefined})),
    settings
      ? portFindings(settings, {daemon: info, platform: world.platform, isSetUp: arePortsSetUp(changes)}, world)
      : [],
    attempt('proxy-variables', () => checkProxies(environment, zones)),
  ]);
  return findings.flat();
}

const lanOf = (facts: DaemonFacts | undefined) => (facts?.state === 'running' ? facts.lan : []);

const clockFiles = ({files}: Context): readonly string[] => [
  authorityFiles(files.authority).certificate,
  files.registry,
  files.log,
  files.changes,
];

const portFindings = (settings: Settings, context: PortContext, world: DoctorWorld): Findings =>
  attempt('port-owner', async () => checkPorts(await readPorts(settings, world), context));

type Reach = {
  readonly context: Context;
  readonly info: DaemonInfo;
  readonly world: DoctorWorld;
  readonly isSetUp: boolean;
  readonly lan: Parameters<typeof checkFirewalls>[1];
  readonly track: Track;
};

/** What only a daemon that runs can be asked: names, ports, and each client of this machine. */
async function examineReach({context: {files}, info, world, isSetUp, lan, track}: Reach): Promise<readonly Finding[]> {
  const zone = info.zones[0] ?? 'test';
  const [names, trust, ...others] = await Promise.all([
    withFacts('dns-lookup', () => readNames({zone, dnsPort: info.dnsPort, isSetUp}, world)),
    withFacts('trust-store', () => readTrust(files, world)),
    attempt('https-ipv4', async () => checkHttps(await readHttps(info))),
    attempt('lan-firewall', async () => checkFirewalls(await findFirewalls(), lan)),
  ]);
  const resolves = isLoopback(names.facts?.lookup ?? []);
  const about = await Promise.all([
    attempt('dns-resolver', async () => checkResolver(await readResolver(world), {zone, resolves, isSetUp})),
    attempt('platform', async () => checkPlatform(await readPlatform(world), resolves)),
  ]);
  const root = await findRoot(files);
  const stores = trust.facts?.stores ?? {stores: [], installed: [], gone: []};
  const clients = root ? clientFindings(names.facts, {root, stores}, {files, info, world, track}) : [];
  return [
    ...found(names, checkNames),
    ...about.flat(),
    ...others.flat(),
    ...found(trust, ({root, stores}) => checkTrustStores(root, stores)),
    ...(await clients),
  ];
}

async function examineStores(files: DaemonFiles, world: DoctorWorld): Promise<readonly Finding[]> {
  const trust = await withFacts('trust-store', () => readTrust(files, world));
  return found(trust, ({root, stores}) => checkTrustStores(root, stores));
}

type Trust = {readonly root: RootCertificate | undefined; readonly stores: TrustFacts};

async function readTrust(files: DaemonFiles, world: DoctorWorld): Promise<Trust> {
  const {all} = await openInstallationRecord(files.installations);
  const [root, stores] = await Promise.all([findRoot(files), readTrustFacts(world, all)]);
  return {root, stores};
}

/** That it is damaged is said once, by what looks at the authority. */
const findRoot = ({authority}: DaemonFiles): Promise<RootCertificate | undefined> =>
  loadRoot(authority).catch(() => undefined);

type Trials = {
  readonly files: DaemonFiles;
  readonly info: DaemonInfo;
  readonly world: DoctorWorld;
  readonly track: Track;
};

function clientFindings(
  names: NameFacts | undefined,
  {root, stores}: {readonly root: RootCertificate; readonly stores: TrustFacts},
  {files, info, world: {environment, home}, track}: Trials,
): Findings {
  const isFound = isLoopback(names?.lookup ?? []);
  const host = isFound ? CANARY_HOST : CANARY_LOCALHOST;
  const resolves = isFound || isLoopback(names?.localhost ?? []);
  const appVariables = trustVariables({root: root.file, bundle: files.bundle}, environment);
  return attempt(
    'client-curl',
    async () => {
      const trials = await tryClients(CLIENTS, {
        host,
        port: info.https.port,
        answer: canaryAnswer(info.pid),
        environment,
        appVariables,
        home,
        signal: AbortSignal.timeout(CLIENTS_MS),
        track,
      });
      return checkClients(trials, {root, stores, environment, appVariables, resolves});
    },
    // They end by themselves before.
    2 * CLIENTS_MS,
  );
}

/** What was read of something; or, where it cannot be, the findings that say so. */
type Read<Facts> = {readonly facts: Facts | undefined; readonly findings: readonly Finding[]};

async function withFacts<Facts>(id: Finding['id'], read: () => Promise<Facts>): Promise<Read<Facts>> {
  let facts: Facts | undefined;
  const findings = await attempt(id, async () => {
    facts = await read();
    return [];
  });
  return {facts: findings.length > 0 ? undefined : facts, findings};
}

const found = <Facts>(
  {facts, findings}: Read<Facts>,
  check: (facts: Facts) => readonly Finding[],
): readonly Finding[] => (facts === undefined ? findings : check(facts));
