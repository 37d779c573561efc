import {mkdtempSync, rmSync} from 'node:fs';
import {mkdir} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {type BrowserContext, chromium, type Page} from 'playwright-core';
import {type RootCertificate, readRoot} from '../../src/ca/root.js';
import {applyPlan} from '../../src/ca/trust/apply-plan.js';
import {planNss} from '../../src/ca/trust/nss.js';
import {run} from '../../src/system/exec.js';

export type Browser = {
  page(): Promise<Page>;
  close(): Promise<void>;
};

/** Chromium as a user has it, with a new profile, and the root in its own certificate store. Errors are not ignored. */
export async function openBrowser(rootCertificate: string): Promise<Browser> {
  const home = mkdtempSync(path.join(tmpdir(), 'tako-browser-'));
  const root = await readRoot(rootCertificate);
  if (!root) throw new Error(`no root certificate in ${rootCertificate}`);
  await trustInStore(home, root);
  const context: BrowserContext = await chromium.launchPersistentContext(path.join(home, 'profile'), {
    executablePath: '/usr/bin/chromium',
    env: {...definedEnvironment(), HOME: home},
    ignoreHTTPSErrors: false,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Stands for the system's resolver asking tako's name server.
      '--host-resolver-rules=MAP *.test 127.0.0.1',
    ],
  });
  return {
    page: () => context.newPage(),
    async close() {
      await context.close();
      rmSync(home, {recursive: true, force: true});
    },
  };
}

/** Where a page's picture goes: kept by CI, not by git. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = path.resolve(import.meta.dirname, '../../artifacts');
  await mkdir(folder, {recursive: true});
  await page.screenshot({path: path.join(folder, `${name}.png`)});
}

/** Makes Chromium with this home folder trust the root. */
export async function trustInStore(home: string, root: RootCertificate): Promise<void> {
  const folder = path.join(home, '.pki/nssdb');
  const store = {kind: 'nss', name: 'Chromium', folder, exists: false, roots: []} as const;
  await applyPlan({changes: planNss(store, {add: root, remove: []})}, run);
}

const definedEnvironment = (): Record<string, string> =>
  Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
