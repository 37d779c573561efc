import type {MachinePlan, MachineWorld} from './machine-plan.js';
import {type NameFacts, readNameFacts} from './name-facts.js';
import {planNames} from './plan-names.js';

/** What tako needs to know of the machine to plan; read at once, and nothing is changed. */
export type MachineFacts = {readonly names: NameFacts};

/** What tako would like to have here. */
export type MachineWishes = {
  /** Managed zones, tako's own first. */
  readonly zones: readonly string[];
  /** Of the registered apps, for a machine where each name has to be written down. */
  readonly hosts: readonly string[];
  readonly ports: {readonly https: number; readonly http: number; readonly dns: number};
  /** The program and arguments that run the daemon in the foreground. */
  readonly daemon: readonly [string, ...string[]];
};

export async function readMachine(world: MachineWorld): Promise<MachineFacts> {
  return {names: await readNameFacts(world)};
}

/** Pure: names first, then ports. */
export function planMachine(facts: MachineFacts, wishes: MachineWishes): MachinePlan {
  const plans = [planNames(facts.names, wishes)];
  return {changes: plans.flatMap(({changes}) => changes), notes: plans.flatMap(({notes}) => notes)};
}
