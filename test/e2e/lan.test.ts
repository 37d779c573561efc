import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, it} from 'vitest';
import type {LanAddress} from '../../src/control/events.js';
import type {CommandResult} from '../../src/system/exec.js';
import {eventually} from '../helpers/eventually.js';
import {
  createLanNetwork,
  LAN_PARTS,
  LAPTOP_ADDRESS,
  type LanNetwork,
  PHONE_ADDRESS,
} from '../helpers/lan/lan-network.js';
import {createProject, type TestProject} from '../helpers/project.js';
import {requires} from '../helpers/system-parts.js';
import {createTako, type Tako} from '../helpers/tako.js';

// A laptop with tako and a phone beside it, each a network namespace of its own, so that the laptop has the usual ports.

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const TIMEOUT_MS = 120_000;
/** Answers with the headers it got. */
const SERVER = `import {createServer} from 'node:http';
const server = createServer((request, response) => response.end(JSON.stringify(request.headers)));
server.listen(Number(process.env.PORT), process.env.HOST);
`;

/** What curl ends with where nothing listens, where the name has no certificate, and where it is sent away. */
const REFUSED = 7;
const NO_CERTIFICATE = 35;

describe.skipIf(requires(...LAN_PARTS, 'curl'))('apps on the network', {timeout: TIMEOUT_MS}, () => {
  let network: LanNetwork;
  let tako: Tako;
  let shop: TestProject;
  let blog: TestProject;
  let folder: string;

  beforeAll(async () => {
    network = await createLanNetwork();
    tako = createTako();
    folder = mkdtempSync(path.join(tmpdir(), 'tako-lan-'));
    writeFileSync(path.join(tako.home, 'settings.toml'), 'dns_port = 0\n');
    shop = createProject('shop');
    shop.write('server.mjs', SERVER);
    shop.write('tako.toml', 'name = "shop"\ndev = ["node", "server.mjs"]\n');
    blog = createProject('blog');
    for (const {directory} of [shop, blog]) await onLaptop(directory, 'ensure');
  }, TIMEOUT_MS);

  afterAll(async () => {
    await tako?.close();
    for (const project of [shop, blog]) project?.remove();
    rmSync(folder, {recursive: true, force: true});
    await network?.close();
  }, TIMEOUT_MS);

  beforeEach(() => lan('off'));

  /** The first one starts the daemon, there; all find it by its socket. */
  async function onLaptop(directory: string, ...args: string[]): Promise<CommandResult> {
    const words = ['env', '-C', directory, `TAKO_HOME=${tako.home}`, process.execPath, CLI, ...args] as const;
    const result = await network.laptop.run(...words);
    assert.equal(result.exitCode, 0, result.stderr);
    return result;
  }

  async function lan(...args: string[]): Promise<LanAddress | null> {
    const {stdout} = await onLaptop(shop.directory, 'lan', ...args, '--json');
    const {apps} = JSON.parse(stdout) as {apps: {name: string; lan: LanAddress | null}[]};
    return apps.find(({name}) => name === 'shop')?.lan ?? null;
  }

  /** Trusts what the onboarding page gives, and finds shop.local as mDNS says. */
  async function visit(url: string, ...more: string[]): Promise<CommandResult> {
    const resolve = ['shop.local', 'shop-2.local', 'blog.local', 'shop.test', 'tako.test']
      .flatMap(name => [`${name}:443`, `${name}:80`])
      .flatMap(name => ['--resolve', `${name}:${LAPTOP_ADDRESS}`]);
    const certificate = path.join(folder, 'ca.pem');
    return network.phone.run('curl', '-sS', '--max-time', '10', '--cacert', certificate, ...resolve, ...more, url);
  }

  async function trust(): Promise<void> {
    const {stdout} = await visit(`http://${LAPTOP_ADDRESS}/tako-ca.pem`);
    writeFileSync(path.join(folder, 'ca.pem'), `${stdout}\n`);
  }

  const statusOf = async (url: string, ...more: string[]): Promise<string> =>
    (await visit(url, '-o', '/dev/null', '-w', '%{http_code}', ...more)).stdout;

  it('are found by a phone, which trusts them with what the onboarding page gives it', async () => {
    const open = await lan('on');
    assert.equal(open?.url, 'https://shop.local');
    assert.equal(open.onboardingUrl, `http://${LAPTOP_ADDRESS}/`);
    assert.equal(open.network, '192.168.77.0/24');
    const answer = JSON.parse(await network.phone.ask('shop.local'));
    assert.equal(answer.answers[0].data, LAPTOP_ADDRESS);
    assert.equal(answer.answers[0].flush, true);
    await trust();
    const certificate = new X509Certificate(readFileSync(path.join(folder, 'ca.pem')));
    assert.equal(certificate.fingerprint256, open.fingerprint);
    assert.equal(await statusOf('https://shop.local/'), '200');
  });

  it('see the phone as it is, by the name it used', async () => {
    await lan('on');
    await trust();
    const {stdout} = await visit('https://shop.local/headers');
    const headers = JSON.parse(stdout) as Record<string, string>;
    assert.equal(headers.host, 'shop.local');
    assert.equal(headers['x-forwarded-host'], 'shop.local');
    assert.equal(headers['x-forwarded-for'], PHONE_ADDRESS);
    assert.equal(headers['x-forwarded-proto'], 'https');
  });

  it('are all that there is: no other app, no other name, nothing of tako but the page', async () => {
    await lan('on');
    await trust();
    for (const name of ['shop.test', 'blog.local', 'tako.test']) {
      assert.equal((await visit(`https://${name}/`)).exitCode, NO_CERTIFICATE, name);
      assert.equal(await statusOf('https://shop.local/', '-H', `Host: ${name}`), '421', name);
      assert.equal(await statusOf(`http://${name}/`), '421', name);
    }
    assert.equal(await statusOf(`https://${LAPTOP_ADDRESS}/`), '421');
    assert.equal(await statusOf(`http://${LAPTOP_ADDRESS}/ca.pem`), '404');
    const {stdout} = await visit('https://shop.local/', '-H', 'Host: tako.test');
    assert.equal(stdout.includes('shop'), false, stdout);
    assert.equal(await network.phone.ask('blog.local'), 'nothing');
  });

  it('redirect to HTTPS, and leave the onboarding page as it is', async () => {
    await lan('on');
    const {stdout} = await visit('http://shop.local/a?b=c', '-i');
    assert.match(stdout, /^HTTP\/1\.1 308 [\s\S]*\nlocation: https:\/\/shop\.local\/a\?b=c\r/);
    const page = await visit(`http://${LAPTOP_ADDRESS}/`);
    assert.match(page.stdout, /href="https:\/\/shop\.local"/);
  });

  it('are gone when they are closed: nothing listens, and the name is said goodbye', async () => {
    await lan('on');
    const heard = await network.phone.start('hear', 'shop.local');
    assert.equal(await lan('off'), null);
    await eventually(() => assert.ok(heard.lines.some(line => JSON.parse(line).ttl === 0)));
    heard.close();
    for (const url of ['https://shop.local/', `http://${LAPTOP_ADDRESS}/`]) {
      assert.equal((await visit(url)).exitCode, REFUSED, url);
    }
    assert.equal(await network.phone.ask('shop.local'), 'nothing');
    const {stdout} = await network.laptop.run('ss', '-Hltun');
    assert.equal(stdout.includes(LAPTOP_ADDRESS) || stdout.includes(':5353'), false, stdout);
  });

  it('stay what they are on this machine, open to the network or not', async () => {
    for (const command of ['on', 'off']) {
      await lan(command);
      const resolve = ['--resolve', 'shop.test:443:127.0.0.1', '--resolve', 'shop.local:443:127.0.0.1'];
      const get = (url: string): Promise<CommandResult> =>
        network.laptop.run('curl', '-sS', '-o', '/dev/null', '-w', '%{http_code}', '-k', ...resolve, url);
      assert.equal((await get('https://shop.test/')).stdout, '200', command);
      // Its other names are the network's.
      assert.equal((await get('https://shop.local/')).stdout, '421', command);
    }
  });

  it('are not for those who are not of the network, though they are connected to it', async () => {
    await lan('on');
    await trust();
    await network.phone.ip('address', 'add', '172.30.0.3/24', 'dev', 'eth0');
    await network.laptop.ip('route', 'add', '172.30.0.0/24', 'dev', 'eth0');
    assert.notEqual((await visit('https://shop.local/', '--interface', '172.30.0.3')).exitCode, 0);
    assert.notEqual((await visit(`http://${LAPTOP_ADDRESS}/`, '--interface', '172.30.0.3')).exitCode, 0);
    assert.equal(await statusOf('https://shop.local/', '--interface', PHONE_ADDRESS), '200');
    await network.phone.ip('address', 'del', '172.30.0.3/24', 'dev', 'eth0');
    await network.laptop.ip('route', 'del', '172.30.0.0/24', 'dev', 'eth0');
  });

  it('follow the machine to another address, and wait for one where it has none', async () => {
    await lan('on');
    const addressIs = (address: string, code: string | undefined): Promise<void> =>
      eventually(async () => {
        const found = await lan('status');
        assert.deepEqual([found?.address, found?.problem?.code], [address, code]);
      });
    await network.laptop.ip('address', 'del', `${LAPTOP_ADDRESS}/24`, 'dev', 'eth0');
    await addressIs(LAPTOP_ADDRESS, 'LAN_NO_NETWORK');
    await network.laptop.ip('address', 'add', '192.168.77.9/24', 'dev', 'eth0');
    await addressIs('192.168.77.9', undefined);
    assert.equal(JSON.parse(await network.phone.ask('shop.local')).answers[0].data, '192.168.77.9');
    const {stdout} = await network.laptop.run('ss', '-Hltn');
    assert.equal(stdout.includes(LAPTOP_ADDRESS), false, stdout);
    await network.laptop.ip('address', 'del', '192.168.77.9/24', 'dev', 'eth0');
    await network.laptop.ip('address', 'add', `${LAPTOP_ADDRESS}/24`, 'dev', 'eth0');
    await addressIs(LAPTOP_ADDRESS, undefined);
  });

  it('take another name when a device has theirs, and say so', async () => {
    const namesake = await network.phone.start('be', 'shop.local');
    const open = await lan('on');
    assert.equal(open?.url, 'https://shop-2.local');
    assert.equal(open.problem?.code, 'LAN_NAME_TAKEN');
    await trust();
    assert.equal(await statusOf('https://shop-2.local/'), '200');
    assert.equal(await statusOf('https://shop-2.local/', '-H', 'Host: shop.local'), '421');
    namesake.close();
  });

  it('live through packets of any kind', async () => {
    await lan('on');
    await network.phone.run(
      process.execPath,
      path.join(import.meta.dirname, '../helpers/lan/phone.mjs'),
      PHONE_ADDRESS,
      'shout',
      '7',
      '3000',
    );
    // Some of them claim the name: it may be another one by now.
    await eventually(async () => {
      const name = new URL((await lan('status'))?.url ?? '').hostname;
      assert.notEqual(await network.phone.ask(name), 'nothing');
    });
    const log = readFileSync(path.join(tako.home, 'daemon.log'), 'utf8');
    assert.equal(log.includes('bug:'), false, log);
  });

  it('are open only while the terminal is there that wanted it', async () => {
    const dev = tako.dev(shop.directory, '--lan');
    await dev.until(event => event.type === 'status' && event.status.lan?.url === 'https://shop.local');
    assert.equal((await lan('status'))?.url, 'https://shop.local');
    await dev.end('SIGHUP');
    await eventually(async () => assert.equal(await lan('status'), null));
    assert.equal((await visit('https://shop.local/')).exitCode, REFUSED);
  });

  it('say goodbye when the daemon ends', async () => {
    await lan('on');
    const heard = await network.phone.start('hear', 'shop.local');
    const {daemon} = await tako.status();
    assert.ok(daemon);
    process.kill(daemon.pid, 'SIGTERM');
    await eventually(() => assert.ok(heard.lines.some(line => JSON.parse(line).ttl === 0)));
    heard.close();
    assert.equal(await network.phone.ask('shop.local'), 'nothing');
  });
});
