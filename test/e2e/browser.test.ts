import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import type {Page} from 'playwright-core';
import {afterAll, beforeAll, describe, it, onTestFinished} from 'vitest';
import {type Browser, openBrowser, screenshot} from '../helpers/chromium.js';
import {requires} from '../helpers/system-parts.js';
import {createTako, type Tako} from '../helpers/tako.js';

const HELLO = path.resolve(import.meta.dirname, '../../examples/hello');

/** Any Vite app becomes ready under tako with these five lines; nothing else of the app is changed. */
const VITE_PLUGIN = `
const tako = () => ({
  name: 'tako',
  config: () => ({server: {host: '127.0.0.1', allowedHosts: process.env.TAKO_DEV_ALLOWED_HOSTS?.split(',')}}),
  configureServer: ({httpServer: http}) => void http?.once('listening', () => writeSync(4, \`\${http.address().port}\\n\`)),
});
`;

/** One daemon and one browser for all tests: to start them takes longer than what is done with them. */
let tako: Tako;
let browser: Browser | undefined;

beforeAll(() => {
  tako = createTako();
});

afterAll(async () => {
  await browser?.close();
  await tako.close();
});

/** A page of the browser, which trusts the daemon's root, and what it complained about. */
async function openPage(): Promise<{page: Page; complaints: string[]}> {
  const {daemon} = await tako.status();
  assert.ok(daemon);
  browser ??= await openBrowser(daemon.rootCertificate);
  const page = await browser.page();
  onTestFinished(() => page.close());
  const complaints: string[] = [];
  page.on('pageerror', error => complaints.push(error.message));
  page.on('console', message => message.type() === 'error' && complaints.push(message.text()));
  return {page, complaints};
}

describe.skipIf(requires('chromium', 'certutil'))('in Chromium', () => {
  it('https://hello.test opens with a certificate of the local authority', {timeout: 60_000}, async () => {
    const {url} = await tako.dev(HELLO).ready();
    const {page} = await openPage();
    const response = await page.goto(url);
    assert.equal(response?.status(), 200);
    assert.equal(await page.textContent('h1'), `Hello from ${url}`);
    const security = await response?.securityDetails();
    assert.match(security?.issuer ?? '', /^tako local authority /);
    assert.equal(security?.protocol, 'TLS 1.3');
    assert.ok(await page.evaluate('isSecureContext'));
    await screenshot(page, 'hello');
  });

  it('an app that is not registered gets a page with those that are', {timeout: 60_000}, async () => {
    const {url} = await tako.dev(HELLO).ready();
    const {page} = await openPage();
    const response = await page.goto(url.replace('hello.', 'nobody.'));
    assert.equal(response?.status(), 421);
    await page.click(`a[href="${url}"]`);
    assert.equal(await page.textContent('h1'), `Hello from ${url}`);
  });
});

describe.skipIf(requires('chromium', 'certutil', 'npm registry'))('a Vite app made by its own generator', () => {
  it('opens in Chromium, and an edit reaches the page without a reload', {timeout: 120_000}, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tako-vite-'));
    try {
      const app = await generateViteApp(folder);
      const {url} = await tako.dev(app, 'vite').ready();
      const {page, complaints} = await openPage();
      const heard = new Promise(resolve => page.once('websocket', socket => socket.once('framereceived', resolve)));
      await page.goto(url);
      await page.getByText('Get started').waitFor();
      // Vite says over its socket that it listens; before that, an edit would load the page again.
      await heard;
      await page.waitForLoadState('networkidle');
      await page.getByRole('button', {name: 'Count is 0'}).click();
      await page.getByText('Count is 1').waitFor();

      edit(path.join(app, 'src/App.jsx'), 'Get started', 'Edited under tako');
      await page.getByText('Edited under tako').waitFor();
      // State that a reload would have lost.
      assert.equal(await page.getByText('Count is 1').count(), 1);
      assert.deepEqual(complaints, []);
      await screenshot(page, 'vite');
    } finally {
      rmSync(folder, {recursive: true, force: true});
    }
  });
});

async function generateViteApp(folder: string): Promise<string> {
  const npm = (cwd: string, ...args: string[]) => promisify(execFile)('npm', ['--yes', ...args], {cwd});
  await npm(folder, 'create', 'vite@latest', 'app', '--', '--template', 'react', '--no-interactive');
  const app = path.join(folder, 'app');
  await npm(app, 'install', '--no-audit', '--no-fund', '--prefer-offline');
  const config = path.join(app, 'vite.config.js');
  edit(config, 'plugins: [react()]', 'plugins: [react(), tako()]');
  edit(config, 'export default', `import {writeSync} from 'node:fs'\n${VITE_PLUGIN}\nexport default`);
  return app;
}

function edit(file: string, before: string, after: string): void {
  const text = readFileSync(file, 'utf8');
  assert.ok(text.includes(before), `${file} has "${before}"`);
  writeFileSync(file, text.replace(before, after));
}
