// Counts every step that changes something on the disk, and ends the process at one of them, or lets it fail.
//
// FAULT_STEP: the step, counted from 1; 0 for none, to learn how many there are.
// FAULT_KIND: `kill` before it, `half` in the middle of it where it has a middle, `full` as if the disk were full.

import fs from 'node:fs';
import {syncBuiltinESMExports} from 'node:module';
import {DatabaseSync, StatementSync} from 'node:sqlite';

const step = Number(process.env.FAULT_STEP ?? 0);
const kind = process.env.FAULT_KIND ?? 'kill';
let count = 0;
let isArmed = false;

/** From here on steps count: what opens and sets up comes before. */
globalThis.armFaults = () => {
  isArmed = true;
};
globalThis.countFaults = () => count;

function wrap(owner, name, {canBeFull = false, half} = {}) {
  const original = owner[name];
  owner[name] = function (...args) {
    const isHere = isArmed && isWrite(name, args) && (kind !== 'full' || canBeFull) && ++count === step;
    if (!isHere) return original.apply(this, args);
    if (kind === 'full') return Promise.reject(Object.assign(new Error(`ENOSPC: ${name}`), {code: 'ENOSPC'}));
    if (kind === 'half') half?.apply(this, args);
    process.kill(process.pid, 'SIGKILL');
    // The signal may take a moment; nothing happens in it.
    return new Promise(() => undefined);
  };
}

const isWrite = (name, [, flags]) => name !== 'open' || /[wa]/.test(String(flags));

const files = fs.promises;
const probe = await files.open('/dev/null');
const handle = Object.getPrototypeOf(probe);
await probe.close();

wrap(files, 'open', {canBeFull: true});
wrap(files, 'mkdir', {canBeFull: true});
wrap(files, 'link', {canBeFull: true});
wrap(files, 'symlink', {canBeFull: true});
wrap(files, 'copyFile', {
  canBeFull: true,
  half: (from, to) => fs.writeFileSync(to, fs.readFileSync(from).subarray(0, 1)),
});
wrap(files, 'rename', {canBeFull: true});
wrap(files, 'chmod');
wrap(files, 'unlink');
wrap(files, 'rm', {half: removeSome});
wrap(handle, 'writeFile', {
  canBeFull: true,
  half(data) {
    const bytes = Buffer.from(data);
    fs.writeSync(this.fd, bytes.subarray(0, Math.ceil(bytes.length / 2)));
  },
});
wrap(handle, 'sync', {canBeFull: true});
wrap(handle, 'chmod');
wrap(StatementSync.prototype, 'run');
wrap(DatabaseSync.prototype, 'exec');
syncBuiltinESMExports();

/** Every second file of a tree. */
function removeSome(place) {
  if (!fs.existsSync(place) || !fs.statSync(place).isDirectory()) return;
  const entries = fs.readdirSync(place, {recursive: true, withFileTypes: true}).filter(entry => !entry.isDirectory());
  for (const [index, entry] of entries.entries()) {
    if (index % 2 === 0) fs.unlinkSync(`${entry.parentPath}/${entry.name}`);
  }
}
