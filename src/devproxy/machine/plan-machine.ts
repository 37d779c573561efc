import type {MachinePlan, MachineWorld} from './machine-plan.js';

/** What tako needs to know of the machine to plan; read at once, and nothing is changed. */
export type MachineFacts = Record<string, never>;

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

export async function readMachine(_world: MachineWorld): Promise<MachineFacts> {
  return {};
}

/** Pure: names first, then ports. */
export const planMachine = (_facts: MachineFacts, _wishes: MachineWishes): MachinePlan => ({changes: [], notes: []});
