import path from 'node:path';
import {startCompanion} from './companion.js';
import type {Vps} from './vps.js';

// A light load that needs no cable: its requests are made inside the machine's own network, so that what happens to the
// network outside is not what they see.

export type VisitReport = {
  readonly right: number;
  readonly failed: number;
  /** The first of them in full. */
  readonly failures: readonly string[];
};

export type Visitor = {
  /** What has been counted until now. */
  report(): Promise<VisitReport>;
  /** Resolves when no request is under way and no connection is kept; none begins until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
};

/** Begins to visit the hosts, over HTTPS at the machine's own port 443. */
export async function startVisitor({pid}: Vps, hosts: readonly string[]): Promise<Visitor> {
  const program = path.join(import.meta.dirname, 'visitor.mjs');
  const within = ['--target', String(pid), '--net', '--'];
  const companion = await startCompanion('nsenter', [...within, process.execPath, program, ...hosts]);
  const ask = async (question: string): Promise<VisitReport> => {
    companion.say(question);
    return JSON.parse(await companion.line()) as VisitReport;
  };
  return {
    report: () => ask('report'),
    pause: async () => void (await ask('pause')),
    resume: async () => void (await ask('resume')),
    close: () => companion.end(),
  };
}
