import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createRandom} from '../../helpers/random.js';
import {openTcp, readUntil, startUpstream} from '../harness.js';
import {serveProxy} from './serve-proxy.js';

describe('requests that come while another is answered', () => {
  it('are read in order, however large their heads are and wherever they are cut', async () => {
    const random = createRandom(5);
    const held: (() => void)[] = [];
    const upstream = await startUpstream((request, response) => {
      const answer = (): void =>
        void response.end(`${request.headers['x-number']}:${request.headers['x-large']?.length};`);
      // The first waits until all others have been sent.
      if (request.headers['x-number'] === '0') held.push(answer);
      else answer();
    });
    const port = await serveProxy(upstream);
    for (let round = 0; round < 5; round++) {
      const socket = await openTcp(port);
      const sizes = Array.from({length: 8}, () => random.below(12_000));
      const head = (number: number, size: number): string =>
        `GET / HTTP/1.1\r\nHost: a.test\r\nX-Number: ${number}\r\nX-Large: ${'x'.repeat(size)}\r\n\r\n`;
      socket.write(head(0, 1));
      while (held.length <= round) await turn();
      const rest = Buffer.from(sizes.map((size, index) => head(index + 1, size)).join(''));
      for (let from = 0; from < rest.length; ) {
        const to = Math.min(rest.length, from + 1 + random.below(9_000));
        socket.write(rest.subarray(from, to));
        from = to;
        await turn();
      }
      held[round]?.();
      const received = await readUntil(socket, `8:${sizes[7]};`);
      assert.deepEqual(
        [...received.matchAll(/(\d):(\d+);/g)].map(([, number, size]) => [Number(number), Number(size)]),
        [[0, 1], ...sizes.map((size, index) => [index + 1, size])],
      );
    }
  });
});

const turn = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 1));
