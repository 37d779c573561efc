// Whether names of apps are found: by tako's name server, then as programs and the system's own tools ask.

import {Resolver} from 'node:dns/promises';
import {CANARY_HOST, CANARY_LOCALHOST} from '../../devproxy/canary.js';
import {errorCode} from '../../system/error.js';
import {broken, type Finding, fine, missing, warning} from './finding.js';
import type {DoctorWorld} from './machine-world.js';

export type NameFacts = {
  readonly zone: string;
  readonly dnsPort: number;
  /** Addresses that tako's own name server gives. */
  readonly own: readonly string[];
  /** Those that getaddrinfo gives. */
  readonly lookup: readonly string[];
  /** Those that it gives for a name of `.localhost`. */
  readonly localhost: readonly string[];
  /** Those that the system's tool prints; undefined where there is no such tool. */
  readonly system: {readonly tool: string; readonly addresses: readonly string[]} | undefined;
  /** Whether `tako setup` has made names resolve. */
  readonly isSetUp: boolean;
};

export type NameQuestion = Pick<NameFacts, 'zone' | 'dnsPort' | 'isSetUp'>;

const TIMEOUT_MS = 3_000;

export async function readNames(question: NameQuestion, world: DoctorWorld): Promise<NameFacts> {
  const [own, looked, system] = await Promise.all([
    askOwn(question.dnsPort),
    lookUp([CANARY_HOST, CANARY_LOCALHOST], world),
    askSystem(world),
  ]);
  return {...question, own, lookup: looked[0] ?? [], localhost: looked[1] ?? [], system};
}

async function askOwn(port: number): Promise<readonly string[]> {
  const resolver = new Resolver({timeout: TIMEOUT_MS, tries: 1});
  resolver.setServers([`127.0.0.1:${port}`]);
  return resolver.resolve4(CANARY_HOST).catch(() => []);
}

const LOOK_UP = `
const {lookup} = require('node:dns/promises');
const find = host => lookup(host, {all: true}).then(all => all.map(({address}) => address), () => []);
Promise.all(JSON.parse(process.argv[1]).map(find)).then(found => console.log(JSON.stringify(found)));`;

/** By a process of its own: getaddrinfo waits for as long as resolv.conf says, and cannot be called off. */
async function lookUp(hosts: readonly string[], {run}: DoctorWorld): Promise<readonly string[][]> {
  const args = ['-e', LOOK_UP, JSON.stringify(hosts)];
  const {stdout, exitCode} = await run({file: process.execPath, args}, {timeoutMs: TIMEOUT_MS});
  return exitCode === 0 ? (JSON.parse(stdout) as string[][]) : [];
}

/** Each system's own way to ask, the first that there is. */
const TOOLS: readonly (readonly [file: string, ...args: string[]])[] = [
  ['getent', 'ahosts'],
  ['resolvectl', 'query', '--legend=no'],
  ['dscacheutil', '-q', 'host', '-a', 'name'],
];

async function askSystem({run}: DoctorWorld): Promise<NameFacts['system']> {
  for (const [tool, ...args] of TOOLS) {
    try {
      const {stdout} = await run({file: tool, args: [...args, CANARY_HOST]}, {timeoutMs: TIMEOUT_MS});
      return {tool, addresses: addressesIn(stdout)};
    } catch (error) {
      if (errorCode(error) !== 'TOOL_MISSING') throw error;
    }
  }
  return undefined;
}

const addressesIn = (text: string): readonly string[] => [
  ...new Set(text.match(/(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f:]+)(?![\w.:])/gi) ?? []),
];

export const isLoopback = (addresses: readonly string[]): boolean =>
  addresses.some(address => address === '127.0.0.1' || address === '::1');

export function checkNames(facts: NameFacts): readonly Finding[] {
  return [describeOwn(facts), describeLookup(facts), ...describeSystem(facts)];
}

const describeOwn = ({own, dnsPort}: NameFacts): Finding =>
  own.includes('127.0.0.1')
    ? fine('dns-server', `the name server answers on port ${dnsPort}`)
    : broken('dns-server', `the name server does not answer on port ${dnsPort}`, 'tako doctor --fix');

function describeLookup({zone, lookup, localhost, isSetUp}: NameFacts): Finding {
  if (isLoopback(lookup)) return fine('dns-lookup', `programs resolve .${zone} names to this machine`);
  const observed = `programs do not resolve .${zone} names${elsewhere(lookup)}`;
  const also = isLoopback(localhost) ? '; .localhost names they do' : '';
  return missing('dns-lookup', observed + also, 'tako setup', isSetUp);
}

function describeSystem({zone, system, lookup, isSetUp}: NameFacts): readonly Finding[] {
  if (!system) return [];
  const {tool, addresses} = system;
  if (isLoopback(addresses)) return [fine('dns-system', `${tool} resolves .${zone} names to this machine`)];
  const observed = `${tool} does not resolve .${zone} names${elsewhere(addresses)}`;
  // Where nothing resolves them, that was said.
  return isLoopback(lookup)
    ? [warning('dns-system', observed, 'tako setup')]
    : [missing('dns-system', observed, 'tako setup', isSetUp)];
}

const elsewhere = ([address]: readonly string[]): string =>
  address === undefined ? '' : ` to this machine but to ${address}`;
