import type {MachinePlan, MachineWorld} from './machine-plan.js';
import {type NameFacts, readNameFacts} from './name-facts.js';
import {planNames} from './plan-names.js';
import {planPorts} from './plan-ports.js';
import {type PortFacts, readPortFacts} from './port-facts.js';

/** What tako needs to know of the machine to plan; read at once, and nothing is changed. */
export type MachineFacts = {readonly names: NameFacts; readonly ports: PortFacts};

/** What tako would like to have here. */
export type MachineWishes = {
  /** Managed zones, tako's own first. */
  readonly zones: readonly string[];
  /** Of the registered apps, for a machine where each name has to be written down. */
  readonly hosts: readonly string[];
  readonly ports: {readonly https: number; readonly http: number; readonly dns: number};
  /** Where the daemon listens when those are denied. */
  readonly deniedPorts: {readonly https: number; readonly http: number};
  /** The program and arguments that run the daemon in the foreground. */
  readonly daemon: readonly [string, ...string[]];
  /** What the daemon is told of its user's surroundings. */
  readonly environment: NodeJS.ProcessEnv;
  /** Where the daemon keeps its data. */
  readonly folder: string;
};

export async function readMachine(world: MachineWorld): Promise<MachineFacts> {
  const [names, ports] = await Promise.all([readNameFacts(world), readPortFacts(world)]);
  return {names, ports};
}

/** Pure: names first, then ports. */
export function planMachine(facts: MachineFacts, wishes: MachineWishes): MachinePlan {
  const plans = [planNames(facts.names, wishes), planPorts(facts.ports, wishes)];
  return {changes: plans.flatMap(({changes}) => changes), notes: plans.flatMap(({notes}) => notes)};
}
