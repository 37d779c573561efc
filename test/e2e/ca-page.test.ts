import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {X509Certificate} from 'node:crypto';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {afterEach, beforeEach, describe, it} from 'vitest';
import {checkJsonOutput} from '../helpers/json-output.js';
import {createLanNetwork, LAN_PARTS, LAPTOP_ADDRESS, type LanNetwork} from '../helpers/lan/lan-network.js';
import {requires} from '../helpers/system-parts.js';

// A laptop and a phone, each a network namespace of its own, so that the laptop has the usual ports.

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const TIMEOUT_MS = 60_000;
/** What curl ends with when it gets nothing, by the order in which the end and its request cross. */
const CLOSED_UNREAD = [52, 56];

describe.skipIf(requires(...LAN_PARTS, 'curl'))('tako trust --ca-page', {timeout: TIMEOUT_MS}, () => {
  let network: LanNetwork;
  let home: string;
  let command: ChildProcess | undefined;

  beforeEach(async () => {
    network = await createLanNetwork();
    home = mkdtempSync(path.join(tmpdir(), 'tako-page-'));
  }, TIMEOUT_MS);
  afterEach(async () => {
    command?.kill('SIGKILL');
    await network.close();
    rmSync(home, {recursive: true, force: true});
  });

  /** The first line that the command prints. */
  async function serve(...flags: string[]): Promise<string> {
    const args = ['netns', 'exec', `tako-lan-${process.pid}-laptop`, process.execPath, CLI, 'trust', '--ca-page'];
    command = spawn('ip', [...args, ...flags], {
      env: {...process.env, TAKO_HOME: home, NO_COLOR: '1'},
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    assert.ok(command.stdout);
    const [line] = (await once(createInterface({input: command.stdout}), 'line')) as [string];
    return line;
  }

  const fromPhone = (...args: string[]) => network.phone.run('curl', '-sS', '-m', '10', ...args);

  it('serves page, certificate and profile to the network while it runs, without a daemon', async () => {
    const line = await serve('--json');
    checkJsonOutput(['trust', '--ca-page'], line);
    const {url, fingerprint, certificate} = JSON.parse(line);
    assert.equal(url, `http://${LAPTOP_ADDRESS}/`);
    const root = new X509Certificate(readFileSync(certificate));
    assert.equal(fingerprint, root.fingerprint256);

    const page = await fromPhone('-A', 'iPhone', url);
    assert.match(page.stdout, new RegExp(fingerprint));
    assert.match(page.stdout, /<details[^>]* open/);
    assert.match((await fromPhone(`${url}tako.mobileconfig`)).stdout, /com\.apple\.security\.root/);
    const pem = await fromPhone(`${url}tako-ca.pem`);
    assert.equal(new X509Certificate(pem.stdout).fingerprint256, fingerprint);
    assert.equal((await fromPhone('-o', '/dev/null', '-w', '%{http_code}', `${url}ca.key`)).stdout, '404');
    assert.equal((await fromPhone('-I', url)).stdout.split('\r\n', 1)[0], 'HTTP/1.1 200 OK');

    command?.kill('SIGINT');
    const [code] = await once(command as ChildProcess, 'exit');
    assert.equal(code, 0);
    assert.notEqual((await fromPhone(url)).exitCode, 0);
  });

  it('says where it is and what to compare', async () => {
    assert.equal(await serve(), `http://${LAPTOP_ADDRESS}/  on every device of 192.168.77.0/24`);
  });

  it('is closed unread to a device of another network', async () => {
    const {url} = JSON.parse(await serve('--json'));
    await network.phone.ip('address', 'add', '10.9.9.9/32', 'dev', 'lo');
    await network.laptop.ip('route', 'add', '10.9.9.9/32', 'dev', 'eth0');
    const {exitCode} = await fromPhone('--interface', '10.9.9.9', url);
    assert.ok(CLOSED_UNREAD.includes(exitCode), String(exitCode));
    assert.equal((await fromPhone(url)).exitCode, 0);
  });
});
