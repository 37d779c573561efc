import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {Certificate} from '../../../src/proxy/certificate-source.js';
import {createAskedCertificates} from '../../../src/proxy/workers/asked-certificates.js';

const MINUTE_MS = 60_000;

/** A source that answers with how often it was asked. */
function createSource(answer: (asked: number) => Promise<Certificate | undefined>) {
  const asked: string[] = [];
  let now = 0;
  const source = createAskedCertificates(
    name => answer(asked.push(name)),
    () => now,
  );
  return {
    asked,
    get: (name: string) => source.certificateFor(name),
    advance(ms: number) {
      now += ms;
    },
  };
}

const numbered = async (asked: number): Promise<Certificate> => ({cert: String(asked), key: ''});

describe('certificates that another process has', () => {
  it('are asked for once a minute, also by requests that overlap', async () => {
    const {asked, get, advance} = createSource(numbered);
    const both = await Promise.all([get('a.test'), get('a.test')]);
    assert.deepEqual(
      both.map(each => each?.cert),
      ['1', '1'],
    );
    advance(MINUTE_MS - 1);
    assert.equal((await get('a.test'))?.cert, '1');
    advance(1);
    assert.equal((await get('a.test'))?.cert, '2');
    assert.deepEqual(asked, ['a.test', 'a.test']);
  });

  it('that do not exist are not asked for again either', async () => {
    const {asked, get} = createSource(async () => undefined);
    assert.deepEqual([await get('a.test'), await get('a.test'), asked.length], [undefined, undefined, 1]);
  });

  it('are asked for again after a failure', async () => {
    const {get} = createSource(asked => (asked === 1 ? Promise.reject(new Error('gone')) : numbered(asked)));
    await assert.rejects(get('a.test'), {message: 'gone'});
    assert.equal((await get('a.test'))?.cert, '2');
  });

  it('are remembered for a thousand names', async () => {
    const {asked, get} = createSource(numbered);
    for (let index = 0; index <= 1_000; index++) await get(`${index}.test`);
    await get('1000.test');
    assert.equal(asked.length, 1_001);
    await get('0.test');
    assert.equal(asked.length, 1_002);
  });
});
