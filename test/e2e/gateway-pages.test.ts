import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {Page} from 'playwright-core';
import {afterEach, beforeEach, describe, it} from 'vitest';
import {openAuthority} from '../../src/ca/authority.js';
import {openCertificateSource} from '../../src/ca/certificate-source.js';
import {createGateway, type Gateway} from '../../src/proxy/gateway.js';
import {CLIENT_SCRIPT_PATH} from '../../src/proxy/reserved-paths.js';
import type {StartProgress} from '../../src/proxy/start-page.js';
import type {Upstream} from '../../src/proxy/upstream.js';
import {systemClock} from '../../src/system/clock.js';
import {TakoError} from '../../src/system/error.js';
import {type Browser, openBrowser, screenshot} from '../helpers/chromium.js';
import {requires} from '../helpers/system-parts.js';

// The gateway's own pages and scripts in a browser, with an app whose state is the test's to say.

const EVIL = '<img src=x onerror="document.title=1">';

let folder: string;
let gateway: Gateway;
let browser: Browser;
let app: Server;
/** What the app answers, and with which policy. */
let html = '';
let policy = '';
let ready: Upstream | undefined;
let progress: StartProgress | undefined;
let start: PromiseWithResolvers<Upstream>;

describe.skipIf(requires('chromium', 'certutil'))('in Chromium', () => {
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'tako-pages-'));
    html = '<!doctype html><html><head><title>the app</title></head><body><h1>hello</h1></body></html>';
    policy = '';
    app = createServer((_, response) => {
      if (policy !== '') response.setHeader('content-security-policy', policy);
      response.setHeader('content-type', 'text/html').end(html);
    });
    await new Promise<void>(resolve => app.listen(0, '127.0.0.1', resolve));
    stopApp();
    const authority = await openAuthority({
      folder: path.join(folder, 'ca'),
      clock: systemClock,
      permittedZones: ['test'],
    });
    gateway = await createGateway({
      https: {port: 0},
      http: {port: 0},
      certificates: await openCertificateSource(authority, {
        cacheFolder: path.join(folder, 'leaves'),
        clock: systemClock,
      }),
      defaultServerName: 'localhost',
      activate: () => {
        progress = {state: 'starting', startedAt: Date.now(), lastLines: ['compiling', EVIL]};
        return start.promise;
      },
      findUpstream: () => ready,
      startOf: () => progress,
      documentScript: () => CLIENT_SCRIPT_PATH,
    });
    gateway.setRoutes([{host: 'app.test', path: '/', app: 'app'}]);
    browser = await openBrowser(authority.root.file);
  });

  afterEach(async () => {
    await browser.close();
    await gateway.close();
    app.close();
    app.closeAllConnections();
    rmSync(folder, {recursive: true, force: true});
  });

  it('a page follows the start of a slow app and becomes the app', {timeout: 60_000}, async () => {
    const {page, complaints} = await open();
    const response = await page.goto(urlOf('/cart?x=1#here'));
    assert.equal(response?.status(), 503);
    await page.getByRole('heading', {name: 'app is starting'}).waitFor();
    assert.match((await page.textContent('#lines')) ?? '', /^compiling\n<img src=x/);
    progress = {state: 'starting', startedAt: Date.now() - 7_000, lastLines: ['nearly there']};
    await page.getByText('nearly there').waitFor();
    await page.getByText('7 s.').waitFor();
    await screenshot(page, 'starting');
    startApp();
    await page.getByRole('heading', {name: 'hello'}).waitFor();
    assert.equal(page.url(), urlOf('/cart?x=1#here'));
    assert.deepEqual(
      complaints.filter(complaint => !complaint.includes('503')),
      [],
    );
  });

  it('a page without scripts asks again until the app is there', {timeout: 60_000}, async () => {
    const {page} = await open();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Emulation.setScriptExecutionDisabled', {value: true});
    assert.equal((await page.goto(urlOf('/')))?.status(), 503);
    startApp();
    await page.getByRole('heading', {name: 'hello'}).waitFor();
  });

  it('a page shows in place why the start failed, and comes back with the next one', {timeout: 60_000}, async () => {
    const {page} = await open();
    await page.goto(urlOf('/'));
    await page.getByRole('heading', {name: 'app is starting'}).waitFor();
    failApp();
    await page.getByRole('heading', {name: 'app exited with code 1'}).waitFor();
    assert.equal(await page.textContent('#status'), 'APP_EXITED');
    assert.equal(await page.textContent('#hint'), 'run "npm install"');
    assert.equal(await page.textContent('#lines'), EVIL);
    assert.equal(await page.title(), 'app exited with code 1');
    await screenshot(page, 'start-failed');
    startApp();
    await page.getByRole('heading', {name: 'hello'}).waitFor();
  });

  it('the page of a start that failed at once comes back with the next one', {timeout: 60_000}, async () => {
    failApp();
    const {page} = await open();
    assert.equal((await page.goto(urlOf('/')))?.status(), 502);
    await page.getByRole('heading', {name: 'app exited with code 1'}).waitFor();
    startApp();
    await page.getByRole('heading', {name: 'hello'}).waitFor();
  });

  it('a page is loaded again when it is told to, again and again', {timeout: 60_000}, async () => {
    startApp();
    const {page, complaints} = await open();
    await page.goto(urlOf('/'));
    for (const text of ['first edit', 'second edit']) {
      html = html.replace(/<h1>.*<\/h1>/, `<h1>${text}</h1>`);
      gateway.publish('app', {type: 'reload'});
      await page.getByRole('heading', {name: text}).waitFor();
    }
    assert.deepEqual(complaints, []);
  });

  it('a problem is shown over the page as text, under a strict policy too, until it is over', {
    timeout: 60_000,
  }, async () => {
    startApp();
    policy =
      "default-src 'none'; script-src 'strict-dynamic' 'nonce-abc'; connect-src 'self'; require-trusted-types-for 'script'";
    const {page, complaints} = await open();
    await page.goto(urlOf('/'));
    gateway.publish('app', {
      type: 'problem',
      code: 'APP_EXITED',
      message: EVIL,
      hint: 'mend it',
      lines: ['at server.js:1', EVIL],
    });
    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.equal(await alert.locator('h2').textContent(), EVIL);
    assert.equal(await alert.locator('pre').textContent(), `at server.js:1\n${EVIL}`);
    assert.equal(await page.title(), 'the app');
    await screenshot(page, 'problem');
    gateway.publish('app', {type: 'ok'});
    await alert.waitFor({state: 'detached'});

    gateway.publish('app', {type: 'problem', code: 'APP_EXITED', message: 'again'});
    await page.getByRole('button', {name: 'dismiss'}).click();
    await alert.waitFor({state: 'detached'});
    gateway.publish('app', {type: 'problem', code: 'APP_EXITED', message: 'something else'});
    await page.getByText('something else').waitFor();
    assert.deepEqual(complaints, []);
  });

  it('a page that was left and gone back to is told again', {timeout: 60_000}, async () => {
    startApp();
    const {page} = await open();
    await page.goto(urlOf('/'));
    await page.goto(urlOf('/other'));
    await page.goBack();
    html = html.replace('hello', 'edited');
    gateway.publish('app', {type: 'reload'});
    await page.getByRole('heading', {name: 'edited'}).waitFor();
    assert.equal(page.url(), urlOf('/'));
  });
});

const urlOf = (target: string): string => `https://app.test:${gateway.https.port}${target}`;

/** A page, and what it complained about. */
async function open(): Promise<{page: Page; complaints: string[]}> {
  const page = await browser.page();
  const complaints: string[] = [];
  page.on('pageerror', error => complaints.push(error.message));
  page.on('console', message => message.type() === 'error' && complaints.push(message.text()));
  return {page, complaints};
}

function stopApp(): void {
  ready = undefined;
  progress = undefined;
  start = Promise.withResolvers();
  start.promise.catch(() => undefined);
}

function startApp(): void {
  progress = undefined;
  ready = {host: '127.0.0.1', port: (app.address() as AddressInfo).port};
  start.resolve(ready);
}

function failApp(): void {
  progress = undefined;
  start.reject(new TakoError('APP_EXITED', 'app exited with code 1', {hint: 'run "npm install"', details: [EVIL]}));
}
