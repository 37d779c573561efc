import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, it} from 'vitest';
import {createBaggage} from '../../../src/prod/holder/baggage.js';
import {createGroupLeases} from '../../../src/prod/holder/control-groups.js';
import {createHeldApps, type HeldApps} from '../../../src/prod/holder/held-apps.js';
import type {HolderMessageInput, ServerMessage} from '../../../src/prod/holder/protocol.js';
import {parseServerMessage} from '../../../src/prod/holder/protocol.js';
import type {ServerProcess} from '../../../src/prod/holder/server-process.js';
import {createSession, type Session} from '../../../src/prod/holder/session.js';
import {wireIsolation, wireSpec} from '../../../src/prod/holder/wire.js';
import {systemClock} from '../../../src/system/clock.js';
import {eventually} from '../../helpers/eventually.js';
import {createRandom} from '../../helpers/random.js';
import {createMemoryRecords} from '../../supervisor/memory-records.js';
import {isAlive, isRoot, scriptSpec, servingScript} from './holder-process.js';

const OWN = isRoot ? {uid: 71_234, gid: 71_234} : {uid: undefined, gid: undefined};
const isolation = wireIsolation({
  ...OWN,
  cgroup: undefined,
  limits: {memoryBytes: null, processes: null, openFiles: null},
});

type Server = ServerProcess & {readonly received: HolderMessageInput[]};

let apps: HeldApps;
let session: Session;
let active: Server;
let calls: string[];

function createServer(): Server {
  const received: HolderMessageInput[] = [];
  return {
    received,
    pid: 1,
    sockets: [],
    isGone: false,
    exited: new Promise(() => {}),
    lastLines: () => [],
    kill: () => {},
    send: message => void received.push(message),
    drained: async () => {},
  };
}

beforeEach(() => {
  calls = [];
  const users = OWN.uid === undefined ? [] : [{uid: OWN.uid, gid: OWN.gid}];
  const groups = createGroupLeases({
    version: null,
    open: () => assert.fail('no group was asked for'),
    clear: async () => {},
    close: async () => {},
  });
  const records = createMemoryRecords();
  apps = createHeldApps({
    isRoot,
    users: () => users,
    groups,
    records,
    clock: systemClock,
    say: text => calls.push(text),
  });
  active = createServer();
  session = createSession({
    apps,
    baggage: createBaggage(1_000),
    limitsBy: null,
    isIsolated: isRoot,
    isActive: server => server === active,
    ready: () => void calls.push('ready'),
    accepting: () => void calls.push('accepting'),
    reloadRefused: () => void calls.push('refused'),
    clock: systemClock,
    reload: async () => ({pid: 2}),
    shutdown: () => void calls.push('shutdown'),
    prepare: async deployment => void calls.push(`prepare ${deployment}`),
    erase: async deployment => void calls.push(`erase ${deployment}`),
  });
});

afterEach(() => apps.closeAll(0));

const messages = <T extends HolderMessageInput['type']>(server: Server, type: T) =>
  server.received.filter((message): message is HolderMessageInput & {type: T} => message.type === type);

function take(server: Server, message: unknown): void {
  const parsed = parseServerMessage(JSON.parse(JSON.stringify(message)));
  assert.ok(parsed, `no message: ${JSON.stringify(message)}`);
  session.take(server, parsed as ServerMessage);
}

const spec = wireSpec(scriptSpec(servingScript('')));
let lastId = 0;

async function spawn(server: Server, instance: string): Promise<number> {
  const id = ++lastId;
  take(server, {type: 'spawn', id, instance, spec, isolation, meta: 'mine', isHandedOver: true});
  return eventually(() => {
    const spawned = messages(server, 'spawned').find(message => message.id === id);
    assert.ok(spawned, JSON.stringify(messages(server, 'failed')));
    return spawned.app.pid;
  });
}

async function failureOf(server: Server, message: Record<string, unknown>): Promise<unknown> {
  const id = ++lastId;
  take(server, {...message, id});
  return eventually(() => {
    const failed = messages(server, 'failed').find(answer => answer.id === id);
    assert.ok(failed);
    return failed.failure;
  });
}

describe('a server process', () => {
  it('is told of an app that was spawned before anything that happens to it', async () => {
    await spawn(active, 'a1a1a1a1');
    await eventually(() => assert.ok(messages(active, 'pipe').some(({text}) => /^\d+\n$/.test(text))));
    const types = active.received.map(({type}) => type);
    assert.equal(types[0], 'spawned');
  });

  it('that is not the active one starts, ends and kills nothing', async () => {
    const pid = await spawn(active, 'a1a1a1a1');
    const other = createServer();
    const refused = await failureOf(other, {
      type: 'spawn',
      instance: 'b2b2b2b2',
      spec,
      isolation,
      meta: null,
      isHandedOver: true,
    });
    assert.equal((refused as {code: string}).code, 'SERVER_DRAINING');
    take(other, {type: 'kill', instance: 'a1a1a1a1'});
    take(other, {type: 'close', instance: 'a1a1a1a1'});
    take(other, {type: 'end', id: 99, instance: 'a1a1a1a1', graceMs: 0});
    await eventually(() => assert.deepEqual(messages(other, 'answer'), [{type: 'answer', id: 99, value: 'ended'}]));
    assert.equal(((await failureOf(other, {type: 'shutdown'})) as {code: string}).code, 'SERVER_DRAINING');
    assert.deepEqual([await isAlive(pid), calls], [true, []]);
  });

  it('that takes over has all that runs, and the one before it is told of what happens to it', async () => {
    const old = active;
    const pid = await spawn(old, 'a1a1a1a1');
    take(old, {type: 'listens', instance: 'a1a1a1a1', endpoint: {host: '127.0.0.1', port: 4_321, isTls: false}});
    active = createServer();
    await session.handOver(active, undefined);
    const [handed] = messages(active, 'running');
    assert.deepEqual([handed?.app.pid, handed?.endpoint?.port, handed?.meta, handed?.spec], [pid, 4_321, 'mine', spec]);
    assert.ok(messages(active, 'serving').length === 1);
    take(old, {type: 'kill', instance: 'a1a1a1a1'});
    assert.equal(await isAlive(pid), true);
    take(active, {type: 'kill', instance: 'a1a1a1a1'});
    for (const server of [old, active]) {
      await eventually(() => assert.equal(messages(server, 'exit')[0]?.exit.signal, 'SIGKILL'));
    }
  });

  it('has what is being spawned while another takes over handed to that', async () => {
    const old = active;
    take(old, {type: 'spawn', id: ++lastId, instance: 'a1a1a1a1', spec, isolation, meta: null, isHandedOver: true});
    active = createServer();
    await session.handOver(active, undefined);
    assert.equal(messages(active, 'running')[0]?.app.instance, 'a1a1a1a1');
    await eventually(() => assert.equal(messages(old, 'spawned').length, 1));
    await eventually(() => assert.ok(messages(old, 'pipe').some(({text}) => text !== '')));
    assert.equal(messages(old, 'output').length, 0);
  });

  it('ends an instance when those before it have finished their requests there', async () => {
    const old = active;
    const pid = await spawn(old, 'a1a1a1a1');
    const endpoint = {host: '127.0.0.1', port: 4_321, isTls: false};
    take(old, {type: 'listens', instance: 'a1a1a1a1', endpoint});
    active = createServer();
    const handed = session.handOver(active, old);
    take(old, {type: 'yielded'});
    await handed;
    const id = ++lastId;
    take(active, {type: 'end', id, instance: 'a1a1a1a1', graceMs: 5_000});
    await eventually(() =>
      assert.deepEqual(messages(old, 'leave'), [
        {type: 'leave', instance: 'a1a1a1a1', endpoint, graceMs: spec.graceMs},
      ]),
    );
    assert.equal(await isAlive(pid), true);
    take(old, {type: 'left', instance: 'a1a1a1a1'});
    await eventually(() => assert.equal(messages(active, 'answer').find(answer => answer.id === id)?.value, 'ended'));
    assert.equal(messages(active, 'leave').length, 0);
  });

  it('ends an instance when those before it are gone', async () => {
    const old = active;
    await spawn(old, 'a1a1a1a1');
    take(old, {type: 'listens', instance: 'a1a1a1a1', endpoint: {host: '127.0.0.1', port: 4_321, isTls: false}});
    active = createServer();
    const handed = session.handOver(active, old);
    take(old, {type: 'yielded'});
    await handed;
    take(active, {type: 'end', id: ++lastId, instance: 'a1a1a1a1', graceMs: 5_000});
    await eventually(() => assert.equal(messages(old, 'leave').length, 1));
    apps.leave(old);
    await eventually(() => assert.equal(messages(active, 'answer').at(-1)?.value, 'ended'));
  });

  it('keeps output from one before it that has been told, and gives it to the next', async () => {
    const says = wireSpec(scriptSpec('process.stdin.resume(); setInterval(() => console.log(Date.now()), 5)'));
    const old = active;
    take(old, {
      type: 'spawn',
      id: ++lastId,
      instance: 'a1a1a1a1',
      spec: says,
      isolation,
      meta: null,
      isHandedOver: true,
    });
    await eventually(() => assert.ok(messages(old, 'output').length > 0));
    active = createServer();
    const handed = session.handOver(active, old);
    const told = messages(old, 'output').length;
    assert.equal(messages(active, 'serving').length, 0);
    take(old, {type: 'taken', instance: 'a1a1a1a1', sequence: told});
    take(old, {type: 'yielded'});
    await handed;
    await eventually(() => assert.ok(messages(active, 'output').length > 0));
    assert.deepEqual(
      [
        messages(old, 'output').length,
        messages(active, 'output')[0]?.sequence,
        old.received.some(({type}) => type === 'followed'),
      ],
      [told, told + 1, true],
    );
  });

  it('does not hand over what it was ending', async () => {
    await spawn(active, 'a1a1a1a1');
    take(active, {type: 'end', id: ++lastId, instance: 'a1a1a1a1', graceMs: 5_000});
    const old = active;
    active = createServer();
    await session.handOver(active, undefined);
    assert.deepEqual(messages(active, 'running'), []);
    apps.leave(old);
    await eventually(() => assert.equal(apps.all().length, 0));
  });

  it('cannot start an instance twice', async () => {
    await spawn(active, 'a1a1a1a1');
    const failure = await failureOf(active, {
      type: 'spawn',
      instance: 'a1a1a1a1',
      spec,
      isolation,
      meta: null,
      isHandedOver: true,
    });
    assert.equal((failure as {kind: string}).kind, 'bug');
    assert.equal(apps.all().length, 1);
  });

  it('leaves no more than there is room for', () => {
    take(active, {type: 'baggage', name: 'small', value: 'x'});
    take(active, {type: 'baggage', name: 'large', value: 'x'.repeat(2_000)});
    session.welcome(active);
    assert.deepEqual(messages(active, 'welcome')[0]?.baggage, {small: 'x'});
  });

  it('that says well-formed nonsense harms nobody (fixed seed)', async () => {
    const pid = await spawn(active, 'a1a1a1a1');
    const random = createRandom(5);
    const other = createServer();
    const foreign = {...isolation, uid: 1, gid: 1};
    const nonsense = [
      () => ({type: 'end', id: ++lastId, instance: 'ffffffff', graceMs: random.below(10)}),
      () => ({type: 'kill', instance: 'ffffffff'}),
      () => ({type: 'close', instance: 'ffffffff'}),
      () => ({type: 'taken', instance: 'a1a1a1a1', sequence: random.below(2 ** 30)}),
      () => ({type: 'taken', instance: 'ffffffff', sequence: 1}),
      () => ({type: 'baggage', name: `n${random.below(2 ** 30)}`, value: 'x'.repeat(random.below(500))}),
      () => ({
        type: 'spawn',
        id: ++lastId,
        instance: 'c3c3c3c3',
        spec,
        isolation: foreign,
        meta: null,
        isHandedOver: true,
      }),
      () => ({
        type: 'spawn',
        id: ++lastId,
        instance: 'd4d4d4d4',
        spec: {...spec, command: ['\0']},
        isolation,
        meta: null,
        isHandedOver: true,
      }),
      () => ({type: 'ready'}),
    ];
    for (let round = 0; round < 300; round++) {
      const message = nonsense[random.below(nonsense.length)]?.();
      take(random.below(2) === 0 ? active : other, message);
    }
    await apps.settled();
    assert.deepEqual(
      apps.all().map(app => app.pid),
      [pid],
    );
    assert.equal(await isAlive(pid), true);
  });
});
