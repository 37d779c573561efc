import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {parseHolderMessage, parseServerMessage, type ServerMessageInput} from '../../../src/prod/holder/protocol.js';
import {wireIsolation, wireSpec} from '../../../src/prod/holder/wire.js';
import {createRandom, type Random} from '../../helpers/random.js';
import {scriptSpec} from './holder-process.js';

const NO_LIMITS = {memoryBytes: null, processes: null, openFiles: null};
const instance = '0123456789abcdef';

const spawn: ServerMessageInput = {
  type: 'spawn',
  id: 1,
  instance,
  spec: wireSpec(scriptSpec('', {environment: {PATH: '/bin', GONE: undefined}})),
  isolation: wireIsolation({uid: 70_000, gid: 70_000, cgroup: 'shop-1', limits: NO_LIMITS}),
  meta: {any: ['thing']},
  isHandedOver: true,
};

const MESSAGES: readonly ServerMessageInput[] = [
  spawn,
  {type: 'ready'},
  {type: 'end', id: 2, instance, graceMs: 1_000},
  {type: 'kill', instance},
  {type: 'close', instance},
  {type: 'listens', instance, endpoint: {host: '127.0.0.1', port: 3_000, isTls: false}},
  {type: 'taken', instance, sequence: 7},
  {type: 'baggage', name: 'keys', value: {}},
  {type: 'user', id: 3, deployment: 'shop/production'},
  {type: 'erase', id: 4, deployment: 'shop/production'},
  {type: 'reload', id: 5},
  {type: 'shutdown', id: 6},
];

const overTheWire = (message: unknown): unknown => JSON.parse(JSON.stringify(message));

describe('a message to the holder', () => {
  it('arrives as it was sent', () => {
    for (const message of MESSAGES) {
      const parsed = parseServerMessage(overTheWire(message));
      assert.equal(parsed?.type, message.type);
      assert.deepEqual(JSON.parse(JSON.stringify(parsed)), withoutNulls(message));
    }
  });

  it.each([
    ['a control group that is a path', {...spawn, isolation: {...spawn.isolation, cgroup: '../../system.slice'}}],
    ['a control group that is a name with a slash', {...spawn, isolation: {...spawn.isolation, cgroup: 'a/b'}}],
    ['a user id that is none', {...spawn, isolation: {...spawn.isolation, uid: -1}}],
    ['a user id that is too large', {...spawn, isolation: {...spawn.isolation, uid: 2 ** 32}}],
    ['a user id that is a word', {...spawn, isolation: {...spawn.isolation, uid: 'root'}}],
    [
      'a limit that is no number',
      {...spawn, isolation: {...spawn.isolation, limits: {...NO_LIMITS, openFiles: '9; rm'}}},
    ],
    ['an instance that is a path', {...spawn, instance: '../../etc'}],
    ['a folder that is relative', {...spawn, spec: {...spawn.spec, directory: 'tree'}}],
    ['a command of nothing', {...spawn, spec: {...spawn.spec, command: []}}],
    ['a variable that is a number', {...spawn, spec: {...spawn.spec, environment: {A: 1}}}],
    ['a field that nobody knows', {...spawn, more: true}],
    ['a deployment that leaves its folder', {type: 'user', id: 1, deployment: '../etc'}],
    ['a deployment that is deeper', {type: 'user', id: 1, deployment: 'a/b/c'}],
    ['a deployment with a line end', {type: 'user', id: 1, deployment: 'a/b\n'}],
    [
      'a place that is not on this machine',
      {type: 'listens', instance, endpoint: {host: '10.0.0.1', port: 1, isTls: false}},
    ],
    ['a signal', {type: 'signal', instance, signal: 'SIGSTOP'}],
    ['a number', 7],
    ['nothing', null],
  ])('is none with %s', (_, message) => {
    assert.equal(parseServerMessage(message), undefined);
  });

  it('is believed only in its own form, whatever was changed in it (fixed seed)', () => {
    const random = createRandom(20_261_121);
    let refused = 0;
    for (let round = 0; round < 4_000; round++) {
      const message = MESSAGES[random.below(MESSAGES.length)];
      const changed = overTheWire(change(overTheWire(message), random));
      const parsed = parseServerMessage(changed);
      assert.doesNotThrow(() => parseHolderMessage(changed));
      if (parsed === undefined) refused++;
      // What is let through is of the same form when it is sent again: nothing else came along.
      else assert.deepEqual(withoutNulls(changed), JSON.parse(JSON.stringify(parsed)));
    }
    assert.ok(refused > 1_000, `only ${refused} of the changed messages were refused`);
  });
});

const STRANGE: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1e308,
  0.5,
  '',
  '../..',
  'a'.repeat(10_000),
  [],
  {},
  [[]],
  '\0',
  'root',
  {toString: 'x'},
];

/** One value of the document is another, missing, or there is one more. */
function change(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.below(6) === 0)
    return STRANGE[random.below(STRANGE.length)];
  const keys = Object.keys(value);
  const copy = structuredClone(value) as Record<string, unknown>;
  const key = keys[random.below(keys.length)];
  const way = random.below(8);
  if (key === undefined || way === 0) copy[`extra${random.below(9)}`] = STRANGE[random.below(STRANGE.length)];
  else if (way === 1) delete copy[key];
  else copy[key] = change(copy[key], random);
  return copy;
}

/** Both sides' words for nothing: the parsed form has none of them. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, entry]) => entry !== null || KEPT_NULLS.has(key))
      .map(([key, entry]) => [key, key === 'meta' || key === 'value' ? entry : withoutNulls(entry)]),
  );
}

const KEPT_NULLS = new Set(['memoryBytes', 'processes', 'openFiles', 'meta', 'value']);
