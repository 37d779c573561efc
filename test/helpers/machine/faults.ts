import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {Machine} from './machine.js';

/** What tako changes a machine with. */
const PROGRAMS = ['mkdir', 'tee', 'chmod', 'chown', 'sync', 'mv', 'cp', 'rm', 'rmdir', 'systemctl', 'nmcli'];

/**
 * Runs tako as root and kills it (SIGKILL) as it runs the program of that number, counted from 1: `before` that has done
 * anything, or `after`. False: it ran fewer, and came to its end.
 */
export async function runAndKill(
  machine: Machine,
  {at, when}: {readonly at: number; readonly when: 'before' | 'after'},
  ...words: readonly string[]
): Promise<boolean> {
  const folder = path.join(machine.folder, 'faults');
  const count = path.join(folder, 'count');
  mkdirSync(folder, {recursive: true});
  writeFileSync(count, '');
  for (const program of PROGRAMS) {
    const file = path.join(folder, program);
    writeFileSync(file, scriptOf(count, {at, when}, `PATH=\${PATH#*/faults:} ${program} "$@"`));
    chmodSync(file, 0o755);
  }
  const searched = (await machine.must('printenv', 'PATH')).trim();
  await machine.runWith({environment: {PATH: `${folder}:${searched}`}}, 'tako', ...words);
  return readFileSync(count, 'utf8').length >= at;
}

const scriptOf = (
  count: string,
  {at, when}: {at: number; when: 'before' | 'after'},
  does: string,
): string => `#!/bin/bash
printf . >>${count}
[ "$(wc -c <${count})" = ${at} ] || exec env ${does}
${when === 'after' ? `env ${does} >&2` : ''}
kill -KILL $PPID
`;
