import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {createHash, randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {appendFileSync, cpSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import type {ClientRequest, IncomingMessage} from 'node:http';
import {request} from 'node:https';
import path from 'node:path';
import type {Writable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {setTimeout as delay} from 'node:timers/promises';
import {connect, type TLSSocket} from 'node:tls';
import {afterAll, beforeAll, beforeEach, describe, it, onTestFailed} from 'vitest';
import {eventually} from '../helpers/eventually.js';
import {isSoak, scaled} from '../helpers/soak.js';
import {requires} from '../helpers/system-parts.js';
import {createLoad, type Load} from '../helpers/vps/load.js';
import type {LoadReport} from '../helpers/vps/load-tally.js';
import {startVps, VPS_PARTS, type Vps} from '../helpers/vps/vps.js';
import {createWorkplace, type Workplace} from '../helpers/vps/workplace.js';

// Everything that puts something new in the place of something that serves, while requests of every kind go on: not one of
// them may fail.

const DEPLOYS = scaled(3, 50);
const ROLLBACKS = scaled(2, 20);
const RELOADS = scaled(2, 20);
const UPGRADES = scaled(1, 5);
const KILLS = scaled(1, 10);

const REPOSITORY = path.resolve(import.meta.dirname, '../..');
const HOST = 'shop.example.com';
const INSTALL_TIMEOUT_MS = 300_000;
/** Against hanging: one action takes some seconds. */
const LOAD_TIMEOUT_MS = scaled(600_000, 3_600_000);

/** WebSockets get half of it at least. */
const GRACE_MS = 4_000;
const CONFIG = `name = "shop"
start = ["node", "server.mjs"]
grace_period = "${GRACE_MS / 1_000}s"

[envs.production]
route = "${HOST}"
servers = ["one"]
stability = 0
health = "/"
`;

describe.skipIf(requires(...VPS_PARTS))('a server under constant load', () => {
  let vps: Vps;
  let place: Workplace;
  let ca: string;
  let project: string;
  /** The tako that upgrades: another build each time. */
  let nextTako: string;
  let load: Load | undefined;
  let changes = 0;

  beforeAll(async () => {
    vps = await startVps({name: 'one'});
    place = createWorkplace([vps]);
    nextTako = copyTako(path.join(place.folder, 'tako'));
    const server = readFileSync(path.join(REPOSITORY, 'test/fixtures/apps/loaded-server.mjs'));
    project = place.project('shop', {'server.mjs': server, 'tako.toml': CONFIG});
    await tako('servers', 'add', 'root@one', '--yes');
    for (let release = 0; release < 2; release++) await deploy();
    await handshake(undefined).then(socket => socket.destroy());
    ca = String(await vps.readFile(`/opt/tako/state/self-signed/${HOST}/fullchain.pem`));
  }, INSTALL_TIMEOUT_MS);

  afterAll(async () => {
    await load?.stop();
    await vps?.close();
    place?.close();
  }, INSTALL_TIMEOUT_MS);

  beforeEach(() => {
    onTestFailed(async () => console.log((await vps.run('tail -n 40 /opt/tako/service/tako.log')).stdout));
  });

  it(`loses nothing in ${DEPLOYS} deploys`, {timeout: LOAD_TIMEOUT_MS}, async () => {
    assertNothingLost(await underLoad(DEPLOYS, deploy));
  });

  it(`loses nothing in ${ROLLBACKS} rollbacks`, {timeout: LOAD_TIMEOUT_MS}, async () => {
    const newest = await release();
    const before = async (): Promise<readonly string[]> => ((await release()) === newest ? [] : [newest]);
    assertNothingLost(await underLoad(ROLLBACKS, async () => tako('rollback', ...(await before()))));
  });

  it(`loses nothing in ${RELOADS} reloads of the server`, {timeout: LOAD_TIMEOUT_MS}, async () => {
    const before = await serverPid();
    const app = await appPid();
    assertNothingLost(await underLoad(RELOADS, () => tako('servers', 'reload')));
    assert.notEqual(await serverPid(), before);
    assert.equal(await appPid(), app);
  });

  it('loses nothing when deploys and reloads follow each other without a pause', {
    timeout: LOAD_TIMEOUT_MS,
  }, async () => {
    const report = await underLoad(RELOADS, async () => {
      await tako('servers', 'reload');
      await deploy();
    });
    assertNothingLost(report);
  });

  it(`loses nothing in ${UPGRADES} upgrades`, {timeout: LOAD_TIMEOUT_MS}, async () => {
    const app = await appPid();
    const report = await underLoad(UPGRADES, async () => {
      const before = await serverPid();
      appendFileSync(path.join(nextTako, 'dist/prod/server.mjs'), `\n// build ${++changes}\n`);
      await run(path.join(nextTako, 'dist/cli.js'), 'servers', 'upgrade', '--yes');
      assert.notEqual(await serverPid(), before);
    });
    assertNothingLost(report);
    assert.equal(await appPid(), app);
  });

  it('finishes an upload over a reload and a deploy that ends its instance', {timeout: LOAD_TIMEOUT_MS}, async () => {
    const body = randomBytes(16 * 1024 ** 2);
    const before = await release();
    const {sent, answered} = upload(body.length);
    const rest = trickle(sent, body);
    await tako('servers', 'reload');
    const deployed = deploy();
    await eventually(async () => assert.notEqual(await release(), before));
    // The old process has the request, and the new one is about to end the instance that it goes to.
    await delay(BETWEEN_MS);
    sent.end(rest());
    assert.equal(await answered, createHash('sha256').update(body).digest('hex'));
    await deployed;
  });

  it('resumes TLS sessions that were made before a reload', {timeout: LOAD_TIMEOUT_MS}, async () => {
    const first = await handshake(undefined);
    const [session] = (await once(first, 'session')) as [Buffer];
    first.destroy();
    await tako('servers', 'reload');
    const second = await handshake(session);
    assert.equal(second.isSessionReused(), true);
    second.destroy();
  });

  it('refuses nobody when its process is killed, and its apps go on', {timeout: LOAD_TIMEOUT_MS}, async () => {
    const app = await appPid();
    const report = await underLoad(KILLS, async () => {
      const killed = await serverPid();
      await vps.kill(killed);
      await eventually(async () => assert.notEqual(await serverPid(), killed));
    });
    // What was in flight may be lost: the connection is there, and then it ends.
    const refused = report.failures.filter(({reason}) => /ECONNREFUSED|status|in time|broken/.test(reason));
    assert.deepEqual(refused, []);
    assert.equal(await appPid(), app);
    const after = createLoad({address: vps.address, host: HOST, ca});
    after.start();
    await delay(BETWEEN_MS);
    assertNothingLost(await after.stop());
  });

  /** Between two actions: enough for every kind of request. */
  const BETWEEN_MS = 1_000;

  /** Does it again and again with requests under way before, meanwhile and behind it. */
  async function underLoad(times: number, act: () => Promise<unknown>): Promise<LoadReport> {
    const current = createLoad({address: vps.address, host: HOST, ca});
    load = current;
    current.start();
    for (let time = 0; time < times; time++) {
      await delay(BETWEEN_MS);
      await act();
    }
    await delay(BETWEEN_MS + GRACE_MS);
    const report = await current.stop();
    load = undefined;
    if (isSoak) process.stderr.write(`${JSON.stringify({...report, streamEnds: report.streamEnds.length})}\n`);
    return report;
  }

  async function deploy(): Promise<void> {
    writeFileSync(path.join(project, 'change.txt'), `change ${++changes}\n`);
    await tako('deploy', '--yes');
  }

  /** Of the release that serves. */
  async function release(): Promise<string> {
    const sent = request({...options(), path: '/'}).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    return JSON.parse(await text(answer)).release;
  }

  function upload(length: number): {readonly sent: ClientRequest; readonly answered: Promise<string>} {
    const headers = {host: HOST, 'content-length': length};
    const sent = request({...options(), method: 'POST', path: '/upload', headers});
    return {sent, answered: once(sent, 'response').then(([answer]) => text(answer))};
  }

  /** A connection of its own each time. */
  const options = () => ({host: vps.address, servername: HOST, headers: {host: HOST}, ca, agent: false as const});

  const tako = (...args: string[]): Promise<string> => run(path.join(REPOSITORY, 'dist/cli.js'), ...args);

  async function run(cli: string, ...args: string[]): Promise<string> {
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: project,
      env: place.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk));
    const [code] = await once(child, 'close');
    assert.equal(code, 0, `tako ${args.join(' ')}: ${output}`);
    return output;
  }

  /** Asked on the server itself: through ssh it would be a matter of seconds on a busy machine. */
  async function serverPid(): Promise<number> {
    const {stdout} = await vps.run('readlink /opt/tako/run/control.sock');
    const pid = Number(/^control\.(\d+)\.sock$/.exec(stdout.trim())?.[1]);
    assert.ok(pid > 0, stdout);
    return pid;
  }

  async function appPid(): Promise<string> {
    const {stdout} = await vps.run('pgrep -f "server[.]mjs$" | sort | tr "\\n" " "');
    return stdout;
  }

  /** Connected, with the answer to a request read: the session's tickets have come by then. */
  async function handshake(session: Buffer | undefined): Promise<TLSSocket> {
    const options = {host: vps.address, port: 443, servername: HOST, ALPNProtocols: ['http/1.1']};
    const socket = connect({...options, rejectUnauthorized: false, ...(session ? {session} : {})});
    await once(socket, 'secureConnect');
    return socket;
  }
});

function assertNothingLost({failures, counts, streamEnds}: LoadReport): void {
  assert.deepEqual(failures, []);
  for (const [kind, count] of Object.entries(counts)) assert.ok(count > 0, `no ${kind} was answered`);
  const early = streamEnds.filter(({kind, ageMs}) => kind === 'websocket' && ageMs < GRACE_MS / 2);
  assert.deepEqual(early, [], 'WebSockets that were closed before their grace was over');
}

/** Writes a little again and again, as a body that does not come at all is given up; what comes back stops that and gives the rest. */
function trickle(sent: Writable, body: Buffer): () => Buffer {
  let start = 0;
  const timer = setInterval(() => {
    if (start + TRICKLE_BYTES >= body.length) return;
    sent.write(body.subarray(start, start + TRICKLE_BYTES));
    start += TRICKLE_BYTES;
  }, 50);
  return () => {
    clearInterval(timer);
    return body.subarray(start);
  };
}

const TRICKLE_BYTES = 8 * 1024;

/** This package in a folder of its own, to be changed. */
function copyTako(folder: string): string {
  for (const part of ['dist', 'templates', 'package.json'])
    cpSync(path.join(REPOSITORY, part), path.join(folder, part), {recursive: true});
  symlinkSync(path.join(REPOSITORY, 'node_modules'), path.join(folder, 'node_modules'));
  return folder;
}
