import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createRandom, type Random} from '../helpers/random.js';
import {connect, connectRaw, startServer} from './support.js';

const ROUNDS = process.env.TAKO_SOAK === '1' ? 20_000 : 400;
const SEED = 20_261_105;

const CALLS = [
  '{"id":1,"method":"list","params":{}}\n',
  '{"id":2,"method":"attach","params":{"name":"wéb","after":0}}\n{"id":3,"method":"hello","params":{}}\n',
  '{"id":9007199254740991,"method":"logs","params":{"name":"a","count":5,"follow":true}}\n',
].map(text => Buffer.from(text));

/** Calls with a few bytes overwritten, taken out, or put in. */
function mutate(random: Random): Buffer {
  const bytes = [...(CALLS[random.below(CALLS.length)] ?? [])];
  for (let edits = 1 + random.below(4); edits > 0; edits--) {
    const insert = [...random.bytes(random.below(3))];
    bytes.splice(random.below(bytes.length + 1), random.below(3), ...insert);
  }
  return Buffer.from(bytes);
}

const randomBytes = (random: Random): Buffer => random.bytes(random.below(200));

describe('a control server under nonsense', () => {
  it.each([
    ['random bytes', randomBytes],
    ['calls with a few wrong bytes', mutate],
  ])('survives %s and answers the next client', async (_, make) => {
    const random = createRandom(SEED);
    const server = await startServer({
      list: async () => ({apps: []}),
      attach: async ({name}, {emit}) => {
        emit({type: 'removed', app: name});
        return {};
      },
    });
    for (let round = 0; round < ROUNDS; round++) {
      const client = await connectRaw(server);
      client.socket.resume();
      client.socket.end(make(random));
      await client.ended;
    }
    assert.deepEqual(await (await connect(server)).call('list', {}), {apps: []});
    assert.deepEqual(server.bugs, []);
  });
});
