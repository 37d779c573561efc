import assert from 'node:assert/strict';
import {gzipSync} from 'node:zlib';
import {describe, it} from 'vitest';
import {RESPONSE_BODY_BYTES} from '../../../src/devproxy/inspector/observed-exchange.js';
import {createSecretMask} from '../../../src/secrets/secret-mask.js';
import {fetchHttp1, startUpstream} from '../../proxy/harness.js';
import {startInspected, textOf} from './support.js';

// Secrets that tako knows by their values, wherever an app or a client puts them.

const SECRET = 'canary value "0123456789"';
const mask = createSecretMask([['API_KEY', SECRET]]);

describe('the value of a secret of the app', () => {
  it('is masked in addresses, fields and bodies of any name and form', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.setHeader('x-anything', SECRET);
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(`${SECRET}\n${JSON.stringify({nothing: SECRET})}\n${encodeURIComponent(SECRET)}`));
    });
    const {gateway, last} = await startInspected({upstream, mask});
    const body = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(SECRET)]);
    await fetchHttp1(gateway, {
      method: 'POST',
      path: `/at/${encodeURIComponent(SECRET)}?plain=${encodeURIComponent(SECRET)}`,
      headers: {'x-any': `it is ${SECRET}`},
      body,
    });
    const detail = await last();
    assert.ok(!textOf(detail).includes('0123456789'));
    assert.match(detail.url, /\/at\/\*\*\*API_KEY\*\*\*\?plain=\*\*\*API_KEY\*\*\*$/);
    assert.match(detail.response?.body?.data ?? '', /^\*\*\*API_KEY\*\*\*\n/);
  });

  it('is masked where what is kept of a body ends within it', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.end(`${'.'.repeat(RESPONSE_BODY_BYTES - 12)}${SECRET}`);
    });
    const {gateway, last} = await startInspected({upstream, mask});
    await fetchHttp1(gateway, {path: '/'});
    const {response} = await last();
    assert.equal(response?.body?.isTruncated, true);
    assert.match(response?.body?.data ?? '', /\.\*\*\*API_KEY\*\*\*$/);
  });

  it('is the true one again where a request is sent again, changed or not', async () => {
    const received: string[] = [];
    const upstream = await startUpstream((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', chunk => chunks.push(chunk));
      request.on('end', () => {
        received.push(`${request.url} ${request.headers['x-any']} ${Buffer.concat(chunks)}`);
        response.end();
      });
    });
    const {gateway, inspector, last} = await startInspected({upstream, mask});
    const headers = {'x-any': SECRET, 'content-type': 'text/plain'};
    await fetchHttp1(gateway, {method: 'POST', path: '/', headers, body: Buffer.from(`key ${SECRET}`)});
    const {id, request} = await last();
    const fields = [...request.fields, ['x-more', '1'] as const];
    const data = `${request.body?.data}, changed`;
    await inspector.replay(id, {target: '/?k=***API_KEY***', fields, body: {encoding: 'utf8', data}});
    assert.deepEqual(received, [
      `/ ${SECRET} key ${SECRET}`,
      `/?k=${encodeURIComponent(SECRET)} ${SECRET} key ${SECRET}, changed`,
    ]);
  });
});
