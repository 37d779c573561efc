import assert from 'node:assert/strict';
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {describe, it} from 'vitest';
import type {Authority} from '../../src/ca/authority.js';
import {issueLeaf} from '../../src/ca/leaf.js';
import {run} from '../../src/system/exec.js';
import {trustInStore} from '../helpers/chromium.js';
import {requires} from '../helpers/system-parts.js';
import {temporaryFolder} from '../x509/support.js';
import {startTlsServer} from './handshake.js';
import {newAuthority} from './support.js';

/** net::ERR_CERT_INVALID: a chain that leads to a trusted root and breaks its rules; an unknown root would be -202. */
const CERT_INVALID = /net_error -207\b/;

const PAGE_TIMEOUT_MS = 25_000;

/** A home folder whose NSS database trusts the authority. */
async function homeThatTrusts({root}: Authority): Promise<string> {
  const home = await temporaryFolder();
  await trustInStore(home, root);
  return home;
}

/** What Chromium shows and logs of a page whose server has a leaf for `name`. */
async function pageOf(authority: Authority, home: string, name: string): Promise<string> {
  const port = await startTlsServer(issueLeaf(authority, name, Date.now()).certificate);
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
  const profile = path.join(home, 'profile');
  await mkdir(profile, {recursive: true});
  const {stdout, stderr} = await run(
    {
      file: 'chromium',
      args: [
        ...flags,
        `--user-data-dir=${profile}`,
        `--host-resolver-rules=MAP ${name} 127.0.0.1`,
        '--dump-dom',
        `https://${name}:${port}/`,
      ],
    },
    {environment: {...process.env, HOME: home}, timeoutMs: PAGE_TIMEOUT_MS},
  );
  return stdout + stderr;
}

describe.skipIf(requires('chromium', 'certutil'))('Chromium with the root in its store', () => {
  it('opens a page with a leaf of the authority', {timeout: 2 * PAGE_TIMEOUT_MS}, async () => {
    const authority = await newAuthority();
    assert.match(await pageOf(authority, await homeThatTrusts(authority), 'app.test'), /hello/);
  });

  it('does not open one for a name outside the constraints', {timeout: 2 * PAGE_TIMEOUT_MS}, async () => {
    const authority = await newAuthority();
    assert.match(await pageOf(authority, await homeThatTrusts(authority), 'shop.example'), CERT_INVALID);
  });
});
