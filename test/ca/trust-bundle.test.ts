import assert from 'node:assert/strict';
import {readFile, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {rootCertificates} from 'node:tls';
import {describe, it} from 'vitest';
import {refreshBundle} from '../../src/ca/trust-bundle.js';
import {splitPem} from '../../src/x509/pem.js';
import {temporaryFolder, writeTemporary} from '../x509/support.js';
import {newAuthority} from './support.js';

const countIn = async (file: string): Promise<number> => splitPem('CERTIFICATE', await readFile(file, 'utf8')).length;

describe('the bundle of roots', () => {
  it("has the system's and ours, and is written anew only when either has changed", async () => {
    const file = path.join(await temporaryFolder(), 'bundle.pem');
    const system = await writeTemporary('system.pem', rootCertificates.slice(0, 2).join('\n'));
    const [{root}, {root: other}] = [await newAuthority(), await newAuthority()];
    const inodeAfter = async (now: typeof root): Promise<number> => {
      await refreshBundle(file, now, ['/nowhere', system]);
      return (await stat(file)).ino;
    };
    const first = await inodeAfter(root);
    assert.equal(await inodeAfter(root), first);
    assert.equal(await countIn(file), 3);
    assert.ok((await readFile(file, 'utf8')).endsWith(root.certificate.toString()));

    const second = await inodeAfter(other);
    assert.notEqual(second, first);
    assert.ok(!(await readFile(file, 'utf8')).includes(root.certificate.toString()));
    await writeFile(system, rootCertificates.slice(0, 3).join('\n'));
    assert.notEqual(await inodeAfter(other), second);
    assert.equal(await countIn(file), 4);
    assert.equal((await stat(file)).mode & 0o777, 0o644);
  });

  it("has Node's where the system has none: nothing is trusted less for it", async () => {
    const file = path.join(await temporaryFolder(), 'bundle.pem');
    await refreshBundle(file, (await newAuthority()).root, ['/nowhere', await writeTemporary('empty.pem', '')]);
    assert.equal(await countIn(file), rootCertificates.length + 1);
  });
});
