import {readdirSync, readFileSync} from 'node:fs';

/** Kills every ssh that a process has started: its connections are cut, and it is told nothing. */
export function killSsh(parent: number): void {
  for (const {pid, name} of childrenOf(parent)) {
    if (name === 'ssh') kill(pid);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
}

/** Of proc(5), stat: `pid (name) state parent ...`. */
const STAT = /^(\d+) \((.*)\) \S (\d+) /s;

function childrenOf(parent: number): {pid: number; name: string}[] {
  return readdirSync('/proc').flatMap(entry => {
    const [, pid, name = '', ppid] = STAT.exec(statOf(entry)) ?? [];
    return Number(ppid) === parent ? [{pid: Number(pid), name}] : [];
  });
}

function statOf(entry: string): string {
  try {
    return /^\d+$/.test(entry) ? readFileSync(`/proc/${entry}/stat`, 'utf8') : '';
  } catch {
    // It has ended.
    return '';
  }
}
