import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {applyPlan} from '../../../src/ca/trust/apply-plan.js';
import {checkTrust, planTrust, planUntrust, readTrustFacts} from '../../../src/ca/trust/trust.js';
import type {TrustWorld, WindowsStore} from '../../../src/ca/trust/trust-store.js';
import {planWindows, readWindowsStore} from '../../../src/ca/trust/windows.js';
import type {Run} from '../../../src/system/exec.js';
import {temporaryFolder} from '../../x509/support.js';
import {newAuthority} from '../support.js';
import {fakeCommands, lineOf, place} from './support.js';

// Programs of Windows are stood in for: what is tested is what they are told, and how their answers are read.

const OWNER = 'ann@machine';
const KERNEL = '/proc/sys/kernel/osrelease';

async function wsl(): Promise<string> {
  const root = await temporaryFolder();
  await place(root, KERNEL, '5.15.167.4-microsoft-standard-WSL2\n');
  return root;
}

const worldOf = (root: string, run: Run): TrustWorld => ({home: '/home/ann', platform: 'linux', run, root});

/** A store of Windows that keeps what it is given. */
function fakeWindows(files: ReadonlyMap<string, Buffer>): {run: Run; lines: string[]} {
  const stored = new Map<string, Buffer>();
  const lines: string[] = [];
  const sha1Of = new Map([...files].map(([file, raw]) => [file, raw]));
  const run: Run = async command => {
    const {file, args} = command;
    lines.push(lineOf(command));
    const answer = (stdout: string) => ({exitCode: 0, stdout, stderr: ''});
    if (file === 'wslpath') return answer('\\\\wsl.localhost\\Debian\\\n');
    if (file === 'powershell.exe') return answer([...stored.values()].map(raw => raw.toString('base64')).join('\r\n'));
    if (file === 'certutil.exe' && args[1] === '-addstore') {
      const name = String(args[3]);
      stored.set(name, sha1Of.get(name) ?? Buffer.alloc(0));
      return answer('CertUtil: -addstore command completed successfully.\r\n');
    }
    if (file === 'certutil.exe' && args[1] === '-delstore') {
      stored.clear();
      return answer('');
    }
    return {exitCode: 1, stdout: '', stderr: 'not here'};
  };
  return {run, lines};
}

describe("the store of Windows, from WSL's Linux", () => {
  it('is none of a Linux by itself', async () => {
    const root = await temporaryFolder();
    await place(root, KERNEL, '6.1.0-32-amd64\n');
    assert.equal(await readWindowsStore(worldOf(root, fakeCommands({}).run)), undefined);
  });

  it('is unavailable where programs of Windows cannot be run', async () => {
    const store = await readWindowsStore(worldOf(await wsl(), fakeCommands({}).run));
    assert.partialDeepStrictEqual(store, {
      kind: 'unavailable',
      reason: 'the programs of Windows cannot be run from here: see [interop] in /etc/wsl.conf',
    });
  });

  it('has its programs by their paths where the PATH of Windows is not passed on', async () => {
    const root = await wsl();
    const powershell = '/mnt/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe';
    const certutil = '/mnt/c/Windows/System32/certutil.exe';
    await place(root, powershell);
    await place(root, certutil);
    const {run} = fakeCommands({[powershell]: {}, wslpath: {stdout: '\\\\wsl.localhost\\Debian\\\n'}});
    assert.partialDeepStrictEqual(await readWindowsStore(worldOf(root, run)), {kind: 'windows', certutil, roots: []});
  });

  it('gets the root and gives it back, without rights, each with a dialog of its own', async () => {
    const {root} = await newAuthority({owner: OWNER});
    const windowsFile = `\\\\wsl.localhost\\Debian${root.file.replaceAll('/', '\\')}`;
    const {run, lines} = fakeWindows(new Map([[windowsFile, root.certificate.raw]]));
    const world = worldOf(await wsl(), run);
    const factsOf = async () => {
      const facts = await readTrustFacts(world);
      return {...facts, stores: facts.stores.filter(({kind}) => kind === 'windows')};
    };
    const plan = planTrust(await factsOf(), root);
    assert.ok(plan.changes.every(({command, asksUser}) => asksUser && !command.elevated));
    await applyPlan(plan, run);
    assert.equal(lines.at(-1), `certutil.exe -user -addstore Root ${windowsFile}`);
    assert.deepEqual(checkTrust(await factsOf(), root), [{store: 'Windows (current user)', state: 'trusted'}]);
    await applyPlan(planUntrust(await factsOf(), OWNER, []), run);
    const sha1 = root.certificate.fingerprint.replaceAll(':', '').toLowerCase();
    assert.equal(lines.at(-1), `certutil.exe -user -delstore Root ${sha1}`);
    assert.deepEqual(checkTrust(await factsOf(), root), [{store: 'Windows (current user)', state: 'not-trusted'}]);
  });

  it('is given back the old root before it is given the new one', async () => {
    const [{root: old}, {root}] = [await newAuthority({owner: OWNER}), await newAuthority({owner: OWNER})];
    const stored = [{certificate: old.certificate, place: 'abc', active: true}];
    const store: WindowsStore = {
      ...{kind: 'windows', name: 'Windows', certutil: 'certutil.exe', share: '\\\\wsl.localhost\\Debian\\'},
      roots: stored,
    };
    const actions = planWindows(store, {add: root, remove: stored}).map(({command}) => command.args[1]);
    assert.deepEqual(actions, ['-delstore', '-addstore']);
  });
});
