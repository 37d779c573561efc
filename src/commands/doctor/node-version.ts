import {errorCode} from '../../system/error.js';
import {type Finding, fine, warning} from './finding.js';
import type {DoctorWorld} from './machine-world.js';

/** What package.json and src/cli.ts ask for. */
const LEAST_MAJOR = 24;

export type NodeFacts = {
  /** The one that runs this command. */
  readonly own: string;
  /** The one in the PATH, which runs apps; undefined: there is none. */
  readonly found: string | undefined;
};

export async function readNode({run}: DoctorWorld): Promise<NodeFacts> {
  return {own: process.versions.node, found: await versionInPath(run)};
}

async function versionInPath(run: DoctorWorld['run']): Promise<string | undefined> {
  try {
    return (await run({file: 'node', args: ['--version']})).stdout.trim().replace(/^v/, '') || undefined;
  } catch (error) {
    if (errorCode(error) === 'TOOL_MISSING') return undefined;
    throw error;
  }
}

export function checkNode({own, found}: NodeFacts, version: string): readonly Finding[] {
  const observed = `tako ${version} runs on Node ${own}`;
  if (found === undefined || found === own) return [fine('node', observed)];
  const both = `${observed}; node in the PATH is ${found}`;
  return Number.parseInt(found, 10) >= LEAST_MAJOR
    ? [fine('node', both)]
    : [
        warning(
          'node',
          `${both}, with which tako does not start`,
          `let the PATH have Node ${LEAST_MAJOR} or newer, where you run tako by its name`,
        ),
      ];
}
