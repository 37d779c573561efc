import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {Page as BrowserPage} from 'playwright-core';
import {afterAll, beforeAll, beforeEach, describe, it, onTestFinished} from 'vitest';
import {type Authority, openAuthority} from '../../src/ca/authority.js';
import {openCertificateSource} from '../../src/ca/certificate-source.js';
import type {CertificateSource} from '../../src/proxy/certificate-source.js';
import {systemClock} from '../../src/system/clock.js';
import {exchangeOf, type Page, startPage, statusOf} from '../devproxy/dashboard/support.js';
import {type Browser, openBrowser, screenshot} from '../helpers/chromium.js';
import {eventually} from '../helpers/eventually.js';
import {requires} from '../helpers/system-parts.js';
import {createTako} from '../helpers/tako.js';
import {route} from '../proxy/harness.js';

// tako's own page in a browser, with apps and requests that the test makes up, and beside it a page that means no good.

const HELLO = path.resolve(import.meta.dirname, '../../examples/hello');

const hasChromium = !requires('chromium', 'certutil');

let folder: string;
let authority: Authority;
let certificates: CertificateSource;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  if (!hasChromium) return;
  folder = mkdtempSync(path.join(tmpdir(), 'tako-dashboard-'));
  authority = await openAuthority({folder: path.join(folder, 'ca'), clock: systemClock, permittedZones: ['test']});
  certificates = await openCertificateSource(authority, {cacheFolder: path.join(folder, 'leaves'), clock: systemClock});
  browser = await openBrowser(authority.root.file);
});

afterAll(async () => {
  await browser?.close();
  if (folder !== undefined) rmSync(folder, {recursive: true, force: true});
});

/** A tab, and what it complained about. */
async function open(target: string, width = 1_100): Promise<{tab: BrowserPage; complaints: string[]}> {
  const tab = await browser.page();
  onTestFinished(() => tab.close());
  await tab.setViewportSize({width, height: 800});
  const complaints: string[] = [];
  tab.on('pageerror', error => complaints.push(error.message));
  tab.on('console', message => message.type() === 'error' && complaints.push(message.text()));
  await tab.goto(`https://${page.host}${target}`);
  return {tab, complaints};
}

const say = (...lines: readonly string[]): void => {
  for (const line of lines) page.apps.logs('web').append('stdout', line);
};

/** Apps in several states, with a log and requests of several kinds. */
function fill(): void {
  page.apps.set(statusOf('api', {state: 'starting', memoryBytes: null}));
  page.apps.set(
    statusOf('worker', {
      ...{state: 'exited', exit: {code: 1, signal: null}, pid: null, startedAt: null, memoryBytes: null},
      problem: {
        code: 'DEPENDENCIES_MISSING',
        message: 'node exited with code 1: the package express is not installed',
        hint: 'run npm install in /home/me/worker',
        details: ["Error: Cannot find package 'express' imported from /home/me/worker/server.js"],
      },
    }),
  );
  page.apps.logs('web').append('tako', 'started pid 4711: node server.js');
  say(
    '\x1b[32mlistening\x1b[39m on port 34485',
    '\x1b[33mwarning:\x1b[39m the cache is cold',
    '\x1b[2mdebug\x1b[22m 3 queries',
  );
  page.apps.logs('web').append('stderr', '\x1b[31merror:\x1b[39m no such item 17');
  page.inspector.add(
    exchangeOf(1, {
      url: 'https://web.test/',
      contentType: 'text/html',
      timing: {queueMs: 0.3, coldStartMs: 812, firstByteMs: 9, totalMs: 823},
    }),
  );
  page.inspector.add(exchangeOf(2, {url: 'https://web.test/items?page=2'}));
  page.inspector.add(
    exchangeOf(3, {method: 'POST', url: 'https://api.test/orders', app: 'api', status: 201, bytesSent: 310}),
  );
  page.inspector.add(exchangeOf(4, {url: 'https://web.test/items/17', status: 404, bytesSent: 82}));
  page.inspector.add(
    exchangeOf(5, {
      method: 'POST',
      url: 'https://web.test/webhooks/payment',
      status: 500,
      timing: {queueMs: 0.1, coldStartMs: null, firstByteMs: 231, totalMs: 240},
      request: {
        fields: [
          ['content-type', 'application/json'],
          ['authorization', '••••••'],
        ],
        body: {encoding: 'utf8', data: '{"type":"paid","order":4711}', bytes: 28, isTruncated: false},
      },
    }),
  );
  page.inspector.add(
    exchangeOf(6, {
      url: 'https://web.test/live',
      upgrade: 'websocket',
      status: 101,
      outcome: null,
      bytesSent: 0,
      timing: {queueMs: 0.1, coldStartMs: null, firstByteMs: 2, totalMs: null},
      frames: {fromClient: 3, toClient: 12},
      response: {reason: 'Switching Protocols', fields: [], body: null},
    }),
  );
}

describe.skipIf(!hasChromium)('in Chromium', {timeout: 60_000}, () => {
  beforeEach(async () => {
    page = await startPage({certificates});
  });

  it('a request appears while the page is open, is replayed, and the new one is there too', async () => {
    const {tab, complaints} = await open('/');
    page.inspector.add(
      exchangeOf(1, {url: 'https://web.test/webhooks/payment', method: 'POST', status: null, outcome: null}),
    );
    const link = tab.getByRole('link', {name: 'web.test/webhooks/payment'});
    await link.waitFor();
    await link.focus();
    page.inspector.add(exchangeOf(1, {url: 'https://web.test/webhooks/payment', method: 'POST', status: 500}));
    await tab.locator('#request-1 .s5').waitFor();
    assert.equal(await tab.evaluate('document.activeElement.id'), 'request-1-link', 'the focus was lost');
    await tab.keyboard.press('Enter');
    await tab.getByRole('heading', {level: 1, name: 'POST https://web.test/webhooks/payment'}).waitFor();
    await tab.getByRole('button', {name: 'Replay', exact: true}).click();
    await tab.waitForURL('**/requests/2');
    await tab.getByRole('link', {name: 'request 1'}).waitFor();
    assert.deepEqual(page.inspector.replays, [{id: 1, edit: {}}]);
    await tab.goto(`https://${page.host}/`);
    await tab.getByText('replay of 1').waitFor();
    assert.deepEqual(complaints, []);
  });

  it('a request is changed before it is sent again', async () => {
    page.inspector.add(
      exchangeOf(1, {
        method: 'POST',
        request: {fields: [], body: {encoding: 'utf8', data: '\n{"a":1}\n', bytes: 9, isTruncated: false}},
      }),
    );
    const {tab} = await open('/requests/1');
    await tab.getByText('Change it first').click();
    await tab.getByRole('button', {name: 'Replay the changed request'}).click();
    await tab.waitForURL('**/requests/2');
    await tab.getByText('Change it first').click();
    await tab.getByLabel('Path').fill('/items/2');
    await tab.getByRole('textbox', {name: 'Body'}).fill('{"a":2}');
    await tab.getByRole('button', {name: 'Replay the changed request'}).click();
    await tab.waitForURL('**/requests/3');
    assert.deepEqual(page.inspector.replays, [
      {id: 1, edit: {}},
      {id: 2, edit: {target: '/items/2', body: {encoding: 'utf8', data: '{"a":2}'}}},
    ]);
  });

  it('the log is followed, paused without losing a line, filtered as one types, and cleared', async () => {
    say('one');
    const {tab, complaints} = await open('/apps/web');
    const lines = (): Promise<string[]> => tab.locator('#log .line span').allTextContents();
    say('two');
    await tab.getByText('two').waitFor();
    await tab.getByRole('button', {name: 'Pause'}).click();
    say('three');
    page.apps.set(statusOf('web', {state: 'restarting'}));
    await new Promise(resolve => setTimeout(resolve, 500));
    assert.deepEqual(await lines(), ['one', 'two']);
    await tab.getByRole('button', {name: 'Pause'}).click();
    await eventually(async () => assert.deepEqual(await lines(), ['one', 'two', 'three']));

    await tab.getByLabel('Only lines with').pressSequentially('th');
    await eventually(async () => assert.deepEqual(await lines(), ['three']));
    assert.equal(await tab.evaluate('document.activeElement.name'), 'log');
    say('no such line', 'the fourth');
    await eventually(async () => assert.deepEqual(await lines(), ['three', 'the fourth']));
    assert.match(tab.url(), /\?log=th$/);

    await tab.getByRole('link', {name: 'Clear'}).click();
    await tab.waitForURL(/since=/);
    assert.deepEqual(await lines(), []);
    say('the fifth');
    await eventually(async () => assert.deepEqual(await lines(), ['the fifth']));
    assert.deepEqual(complaints, []);
  });

  it('a log is followed at its end, and left alone where somebody reads', async () => {
    say(...Array.from({length: 200}, (_, index) => `line ${index}`));
    const {tab} = await open('/apps/web');
    const rest = (): Promise<number> => tab.evaluate('log.scrollHeight - log.scrollTop - log.clientHeight');
    say('a new one');
    await tab.getByText('a new one').waitFor();
    assert.ok((await rest()) < 2);
    await tab.evaluate('log.scrollTop = 100');
    say('even newer');
    await tab.getByText('even newer').waitFor();
    assert.equal(await tab.evaluate('log.scrollTop'), 100);
  });

  it('an app is restarted where it is, and stopped after a second look', async () => {
    const {tab, complaints} = await open('/');
    await tab.getByRole('button', {name: 'Restart web'}).click();
    await eventually(() => assert.deepEqual(page.apps.asked, ['restart web']));
    page.apps.set(statusOf('web', {state: 'restarting'}));
    await tab.getByText('restarting', {exact: true}).waitFor();
    await tab.getByText('Stop…').click();
    await tab.getByRole('button', {name: 'Stop web'}).click();
    await tab.getByText('There are none.').waitFor();
    assert.deepEqual(page.apps.asked, ['restart web', 'stop web']);
    assert.deepEqual(complaints, []);
  });

  it('a page without scripts can be read, filtered and used', async () => {
    fill();
    const {tab} = await open('/apps/web');
    const devtools = await tab.context().newCDPSession(tab);
    await devtools.send('Emulation.setScriptExecutionDisabled', {value: true});
    await tab.reload();
    assert.match((await tab.locator('noscript').textContent()) ?? '', /load it again for news/);
    assert.equal(await tab.getByRole('button', {name: 'Pause'}).count(), 0);
    await tab.getByLabel('Status').fill('5xx');
    await tab.locator('section', {hasText: 'Requests'}).getByRole('button', {name: 'Filter'}).click();
    await tab.waitForURL(/status=5xx/);
    assert.equal(await tab.locator('#requests tr').count(), 1);
    await tab.getByRole('button', {name: 'Restart web'}).click();
    await eventually(() => assert.deepEqual(page.apps.asked, ['restart web']));
  });

  it('a page from before tako was started anew loads itself again', async () => {
    const {tab} = await open('/apps/web');
    // What it goes on behind is not of this daemon.
    const {body} = await page.get('/apps/web');
    const older = body.replace(/data-position="[^"]*"/, 'data-position="another.0"');
    const options = {contentType: 'text/html', body: older};
    await tab.route('**/apps/web', route => route.fulfill(options), {times: 1});
    await tab.reload();
    await eventually(async () => assert.doesNotMatch(await tab.content(), /data-position="another/));
  });

  for (const scheme of ['light', 'dark'] as const) {
    it(`axe finds no fault in any state, ${scheme}`, {timeout: 120_000}, async () => {
      const none = await startPage({certificates});
      await none.apps.remove('web');
      const axe = await readFile(path.resolve(import.meta.dirname, '../../node_modules/axe-core/axe.min.js'), 'utf8');
      fill();
      const targets = [
        '/',
        '/?status=4xx',
        '/apps/web',
        '/apps/worker',
        '/apps/web?log=nothing',
        '/requests/1',
        '/requests/5',
        '/requests/6',
        '/nowhere',
      ];
      const addresses = [...targets.map(target => `https://${page.host}${target}`), `https://${none.host}/`];
      for (const width of [1_100, 360]) {
        const {tab} = await open('/', width);
        await tab.emulateMedia({colorScheme: scheme});
        for (const address of addresses) {
          await tab.goto(address);
          for (const summary of await tab.locator('summary').all()) await summary.click();
          await tab.evaluate(axe);
          const faults: {id: string; impact: string; nodes: {html: string; failureSummary: string}[]}[] =
            await tab.evaluate('axe.run().then(({violations}) => violations)');
          assert.deepEqual(
            faults.map(({id, impact, nodes}) => [id, impact, ...nodes.map(node => node.html + node.failureSummary)]),
            [],
            `${address} at ${width}`,
          );
          const overflow = await tab.evaluate(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          assert.equal(overflow, 0, `${address} scrolls sideways at ${width}`);
        }
      }
    });
  }

  it('is as the pictures show', async () => {
    fill();
    const {tab} = await open('/');
    await tab.locator('#request-6').waitFor();
    await screenshot(tab, 'dashboard-apps');
    await tab.goto(`https://${page.host}/requests/1`);
    await screenshot(tab, 'dashboard-request');
    await tab.goto(`https://${page.host}/apps/web`);
    await screenshot(tab, 'dashboard-app');
    // The one in docs/dashboard.md.
    if (process.env.TAKO_PICTURES === '1') {
      await tab.screenshot({path: path.resolve(import.meta.dirname, '../../docs/images/dashboard.png')});
    }
    await tab.setViewportSize({width: 390, height: 844});
    await screenshot(tab, 'dashboard-phone');
    assert.equal(await tab.locator('#log .line').count(), 5);
  });
});

describe.skipIf(!hasChromium)('the page of a real daemon, in Chromium', {timeout: 90_000}, () => {
  it('shows a request of a real app as it comes, and sends it again', async () => {
    const tako = createTako();
    onTestFinished(() => tako.close());
    const {url} = await tako.dev(HELLO).ready();
    const {daemon} = await tako.status();
    assert.ok(daemon);
    const own = await openBrowser(daemon.rootCertificate);
    onTestFinished(() => own.close());
    const tab = await own.page();
    await tab.goto(daemon.dashboardUrl);
    await tab.getByRole('link', {name: 'hello', exact: true}).click();
    await tab.getByText('ready', {exact: true}).waitFor();
    await tab.getByText(/listening on port/).waitFor();

    const visitor = await own.page();
    await visitor.goto(`${url}/?from=the-other-tab`);
    await tab.getByRole('link', {name: '/?from=the-other-tab'}).click();
    await tab.getByText('Hello from').waitFor();
    await tab.getByRole('button', {name: 'Replay', exact: true}).click();
    await tab.getByRole('link', {name: /^request \d+$/}).waitFor();
    await tab.getByText('Hello from').waitFor();
    await tab.getByRole('navigation').getByRole('link', {name: 'hello'}).click();
    await tab.getByText(/^replay of \d+$/).waitFor();
    assert.equal(await tab.getByRole('link', {name: '/?from=the-other-tab'}).count(), 2);

    await tab.getByRole('button', {name: 'Restart hello'}).click();
    await tab
      .getByText(/restarting/)
      .first()
      .waitFor();
    await tab.getByText('ready', {exact: true}).waitFor();
  });
});

/** All that a page can try on another origin. Each answers `refused`, or what it got. */
const ATTACKS = `async target => {
  const settled = (make, ms = 5000) => new Promise(resolve => { make(resolve); setTimeout(() => resolve('nothing'), ms); });
  const tried = promise => promise.then(answer => answer.text().then(text => text === '' ? 'opaque' : text), () => 'refused');
  const element = (name, attributes) => settled(resolve => {
    const made = Object.assign(document.createElement(name), attributes, {onload: () => resolve('loaded'), onerror: () => resolve('refused')});
    document.body.append(made);
  });
  const form = action => {
    const frame = document.createElement('iframe');
    frame.name = 'to' + Math.random();
    const made = Object.assign(document.createElement('form'), {method: 'post', action: target + action, target: frame.name});
    document.body.append(frame, made);
    return settled(resolve => { frame.onload = () => { try { resolve(frame.contentDocument === null ? 'refused' : 'read'); } catch { resolve('refused'); } }; made.submit(); });
  };
  return {
    fetch: await tried(fetch(target + '/', {credentials: 'include'})),
    opaque: await tried(fetch(target + '/', {mode: 'no-cors', credentials: 'include'})),
    post: await tried(fetch(target + '/apps/web/restart', {method: 'POST', mode: 'no-cors', credentials: 'include', body: new URLSearchParams({token: 'x'})})),
    preflight: await tried(fetch(target + '/apps/web/restart', {method: 'POST', headers: {'x-token': 'x'}, credentials: 'include'})),
    script: await element('script', {src: target + '/page.js'}),
    events: await settled(resolve => { const source = new EventSource(target + '/events', {withCredentials: true}); source.onopen = () => resolve('open'); source.onerror = () => resolve('refused'); }),
    socket: await settled(resolve => { const socket = new WebSocket(target.replace('https', 'wss') + '/events'); socket.onopen = () => resolve('open'); socket.onerror = () => resolve('refused'); }),
    image: await element('img', {src: target + '/icon.svg'}),
    style: await element('link', {rel: 'stylesheet', href: target + '/page.css'}),
    form: await form('/apps/web/restart'),
    frame: await settled(resolve => { const frame = Object.assign(document.createElement('iframe'), {src: target + '/'}); frame.onload = () => { try { resolve(frame.contentWindow.document.body.textContent); } catch { resolve('refused'); } }; document.body.append(frame); }),
    opened: await settled(resolve => { const opened = window.open(target + '/'); setTimeout(() => { try { resolve(opened.closed ? 'refused' : opened.document.body.textContent || 'blank'); } catch { resolve('refused'); } }, 1500); }),
  };
}`;

describe.skipIf(!hasChromium)('a page that means no good', {timeout: 60_000}, () => {
  /** Its policy lets it do everything. */
  async function startEvil(): Promise<{host: string; port: number}> {
    const server = createServer((_, response) =>
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>evil</title>'),
    );
    server.listen(0, '127.0.0.1');
    await new Promise(resolve => server.once('listening', resolve));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return {host: '127.0.0.1', port: (server.address() as AddressInfo).port};
  }

  it('cannot read tako’s page, act on it, or show it, from an app of another name or of one below tako’s', async () => {
    const upstream = await startEvil();
    page = await startPage({certificates, upstream, routes: [route('evil.test'), route('x.tako.test')]});
    // The person uses the page in the same browser: its cookie is there.
    const {tab: own} = await open('/');
    await own.getByRole('heading', {name: 'Apps'}).waitFor();
    page.inspector.add(exchangeOf(1));
    for (const host of ['evil.test', 'x.tako.test']) {
      const tab = await browser.page();
      await tab.goto(`https://${host}:${page.gateway.https.port}/`);
      const got: Record<string, string> = await tab.evaluate(`(${ATTACKS})('https://${page.host}')`);
      const refused = {fetch: 'refused', post: 'refused', preflight: 'refused', script: 'refused', opaque: 'refused'};
      assert.deepEqual(
        got,
        {
          ...refused,
          events: 'refused',
          socket: 'refused',
          image: 'refused',
          style: 'refused',
          form: 'refused',
          frame: 'refused',
          opened: 'refused',
        },
        host,
      );
      await tab.close();
    }
    assert.deepEqual([page.apps.asked, page.inspector.replays], [[], []]);
  });

  it('cannot take part in the origin of the page: no other app gets its hosts', async () => {
    const upstream = await startEvil();
    page = await startPage({
      certificates,
      upstream,
      routes: [route('tako.test'), route('*.test'), route('tako.test/sw.js')],
    });
    const {tab} = await open('/sw.js');
    assert.doesNotMatch(await tab.content(), /evil/);
  });
});
