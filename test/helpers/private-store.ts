import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {type Run, run} from '../../src/system/exec.js';

/** A view of this machine's file system where the trust store is a copy, and how to run and look there. */
export type PrivateStore = {
  readonly run: Run;
  /** Where that file system begins, seen from here. */
  readonly root: string;
  /** In front of a command, it runs there. */
  readonly enter: readonly [string, ...string[]];
  end(): Promise<void>;
};

/** What has to be there for it, as `requires` wants it. */
export const PRIVATE_STORE_PARTS = ['root', 'mount namespace', 'nsenter', 'update-ca-certificates'] as const;

/** The store, and what its update writes: Debian's has the packages of Java make another of it. */
const FOLDERS = ['/etc/ssl', '/usr/local/share/ca-certificates', '/var/lib/dpkg', '/var/lib/ca-certificates-java'];
const CONFIGURATION = '/etc/ca-certificates.conf';

/** `hosts` are names of 127.0.0.1 there. */
export async function startPrivateStore(hosts: readonly string[] = []): Promise<PrivateStore> {
  const copies = mkdtempSync(path.join(tmpdir(), 'tako-store-'));
  writeFileSync(path.join(copies, 'hosts'), `127.0.0.1 localhost ${hosts.join(' ')}\n`);
  const mounts = FOLDERS.map(folder => {
    const copy = path.join(copies, folder.replaceAll('/', '-'));
    return `if [ -d ${folder} ]; then cp -a ${folder} ${copy} && mount --bind ${copy} ${folder}; fi`;
  });
  // With a hundred public roots each update takes seconds; what is tested here is ours.
  const few = path.join(copies, 'few.conf');
  const script = [
    'set -e',
    ...mounts,
    `mount --bind ${path.join(copies, 'hosts')} /etc/hosts`,
    `grep -v '^[#!]' ${CONFIGURATION} | head -n 3 > ${few}`,
    `mount --bind ${few} ${CONFIGURATION}`,
    'update-ca-certificates --fresh >&2',
    'echo ready',
    'exec sleep 600',
  ];
  const child = spawn('unshare', ['--mount', 'sh', '-c', script.join('\n')], {stdio: ['ignore', 'pipe', 'ignore']});
  const exited = once(child, 'exit');
  const ready = await Promise.race([once(child.stdout, 'data'), exited.then(() => undefined)]);
  if (!ready) throw new Error('the private store could not be made');
  const enter = ['nsenter', '--target', String(child.pid), '--mount', '--'] as const;
  return {
    enter,
    run: ({file, args}, options) => run({file: enter[0], args: [...enter.slice(1), file, ...args]}, options),
    root: `/proc/${child.pid}/root`,
    async end() {
      child.kill();
      await exited;
      rmSync(copies, {recursive: true, force: true});
    },
  };
}
