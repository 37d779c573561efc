import type {RootCertificate} from '../../ca/root.js';
import {checkTrust, type TrustFacts} from '../../ca/trust/trust.js';
import type {TrustStore} from '../../ca/trust/trust-store.js';
import {quoteWord} from '../../system/exec.js';
import type {Outcome} from './client-outcome.js';
import type {Trial} from './client-trials.js';
import type {Client, RootSource} from './clients.js';
import {broken, type Finding, fine, warning} from './finding.js';

export type ClientContext = {
  readonly root: RootCertificate;
  readonly stores: TrustFacts;
  /** The variables that the clients had. */
  readonly environment: NodeJS.ProcessEnv;
  readonly appVariables: Readonly<Record<string, string>>;
  /** Whether programs of this machine find the host that was asked for. */
  readonly resolves: boolean;
};

export const checkClients = (trials: readonly Trial[], context: ClientContext): readonly Finding[] =>
  trials.map(trial => describeTrial(trial, context));

function describeTrial({client, host, byName, byAddress}: Trial, context: ClientContext): Finding {
  if (byName.state === 'answered') {
    return fine(client.id, `${whoOf(client)} opens https://${host} and trusts its certificate`);
  }
  const failure = byAddress ?? byName;
  if (failure.state !== 'answered') return describeFailure(client, host, failure, context);
  return context.resolves
    ? broken(
        client.id,
        `${client.name} does not find ${host}, which other programs find; by address it connects and trusts the certificate`,
        `see how ${client.name} is told to resolve names: a proxy, DNS over HTTPS, a container`,
      )
    : fine(client.id, `${whoOf(client)} trusts the certificate of https://${host}, tried by address`);
}

type Failure = Exclude<Outcome, {readonly state: 'answered'}>;

/** What an app has, a terminal need not have. */
const whoOf = ({name, runsApps}: Client): string => (runsApps ? `${name}, as an app has it,` : name);

function describeFailure(client: Client, host: string, outcome: Failure, context: ClientContext): Finding {
  const {id, name} = client;
  switch (outcome.state) {
    case 'untrusted':
      return describeUntrusted(client, context);
    case 'out-of-date':
      return broken(
        id,
        `${name} says that the certificate is not valid at this time: ${outcome.said}`,
        'set the clock of this machine',
      );
    case 'unresolved':
      return warning(id, `${name} does not find ${host}, so what it trusts could not be tried`, 'tako setup');
    case 'proxied':
      return warning(
        id,
        `${name} asks a proxy for ${host}: ${outcome.said}`,
        'take .test and .localhost out of it: see proxy-variables',
      );
    case 'unreachable':
      return broken(
        id,
        `${name} does not reach ${host}: ${outcome.said}`,
        'let programs connect to 127.0.0.1: a firewall or a proxy keeps it away',
      );
    case 'late':
      return warning(
        id,
        `${name} did not answer in time, and was ended`,
        'run "tako doctor" again when the machine is less busy',
      );
    case 'failed':
      return warning(
        id,
        `${name} could not be tried: ${outcome.said || 'it ended without a word'}`,
        `see whether ${name} works by itself`,
      );
  }
}

/** In words: which roots it reads, and what puts tako's among them. */
function describeUntrusted(client: Client, context: ClientContext): Finding {
  const {id, name} = client;
  const {environment, appVariables, root} = context;
  const refusal = `${name} does not trust the certificate`;
  const other = rootsOf(client, environment);
  if (other && !SYSTEM_BUNDLE.test(other.file)) {
    const {variable, file} = other;
    const fix = `add the root to that file: cat ${quoteWord(root.file)} >>${quoteWord(file)}; or unset ${variable}`;
    return warning(id, `${refusal}: it reads ${variable}=${file}, which does not have tako's root`, fix);
  }
  const given = other === undefined && client.runsApps ? rootsOf(client, appVariables) : undefined;
  // A variable that names the system's own list makes that its source.
  const roots = other ? 'system' : client.roots;
  const {reads, fix} = sourceOf(roots, root.file);
  if (given === undefined && !isInStore(roots, context)) {
    return warning(id, `${refusal}: it reads ${reads}, which does not have tako's root`, fix);
  }
  const despite = given === undefined ? `${reads} has` : `apps are given ${given.variable}=${given.file} with`;
  return broken(
    id,
    `${refusal}, although ${despite} tako's root`,
    `restart ${name} if it was running; else let it read ${root.file} (docs/trust.md)`,
  );
}

type NamedRoots = {readonly variable: string; readonly file: string};

/** The variable that has the say of which roots it reads, if one has. */
function rootsOf({rootVariables}: Client, variables: Readonly<NodeJS.ProcessEnv>): NamedRoots | undefined {
  const variable = rootVariables.find(name => variables[name]);
  const file = variable === undefined ? undefined : variables[variable];
  return variable === undefined || file === undefined ? undefined : {variable, file};
}

/** Where systems keep the bundle that `tako trust` adds to. */
const SYSTEM_BUNDLE = /^\/(?:etc\/(?:ssl|pki|ca-certificates)|var\/lib\/ca-certificates)\//;

const sourceOf = (roots: RootSource, rootFile: string): {readonly reads: string; readonly fix: string} =>
  ({
    system: {reads: "the system's store", fix: 'tako trust'},
    browser: {reads: 'the store of the browser', fix: 'tako trust'},
    java: {reads: 'its own cacerts', fix: 'tako trust'},
    node: {reads: 'a list of its own', fix: `export NODE_EXTRA_CA_CERTS=${quoteWord(rootFile)}`},
    deno: {reads: 'a list of its own', fix: `export DENO_CERT=${quoteWord(rootFile)}`},
  })[roots];

/** Whether the store that it reads was found to have the root. */
function isInStore(roots: RootSource, {stores, root}: ClientContext): boolean {
  const states = checkTrust(stores, root);
  return stores.stores.some((store, index) => isReadBy(store, roots) && states[index]?.state === 'trusted');
}

/** Firefox has stores of the same kind as Chromium, and nobody else reads them. */
function isReadBy({kind, name}: TrustStore, roots: RootSource): boolean {
  if (roots === 'browser') return kind === 'macos' || (kind === 'nss' && name.startsWith('Chromium'));
  return roots === 'system' ? kind === 'linux' || kind === 'macos' : kind === roots;
}
