import assert from 'node:assert/strict';
import {Ajv} from 'ajv';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {type HarEntry, renderHar} from '../../../src/commands/requests/har.js';
import type {CapturedBody, ExchangeDetail} from '../../../src/control/exchanges.js';
import {HAR_SCHEMA} from './har-schema.js';
import {exchangeOf} from './support.js';

const ajv = new Ajv({allErrors: true});
ajv.addFormat('uri', text => URL.canParse(text) && /^[\x21-\x7e]+$/.test(text));
ajv.addFormat('date-time', text => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text));
const isHar = ajv.compile(HAR_SCHEMA);

type ReadEntry = HarEntry & {
  readonly request: {readonly postData: {readonly text: string}};
  readonly response: {
    readonly status: number;
    readonly cookies: unknown;
    readonly redirectURL: string;
    readonly content: {readonly size: number; readonly comment: string};
  };
};

/** What the archive has, as a reader of the file finds it. */
function entriesOf(...exchanges: readonly ExchangeDetail[]): ReadEntry[] {
  const har: {log: {entries: ReadEntry[]}} = JSON.parse(JSON.stringify(renderHar(exchanges, '1.0.0')));
  assert.ok(isHar(har), JSON.stringify(isHar.errors));
  return har.log.entries;
}

const textBody = (data: string, more: Partial<CapturedBody> = {}): CapturedBody => ({
  encoding: 'utf8',
  data,
  bytes: data.length,
  isTruncated: false,
  ...more,
});

describe('an archive', () => {
  it('has a request and its answer as the format wants them', () => {
    const [entry] = entriesOf(
      exchangeOf({
        method: 'POST',
        url: 'https://web.test/login?next=%2F&token=***',
        httpVersion: '2',
        bytesReceived: 22,
        bytesSent: 11,
        timing: {queueMs: 1, coldStartMs: 100, firstByteMs: 8, totalMs: 112},
        request: {
          fields: [
            ['content-type', 'application/x-www-form-urlencoded'],
            ['cookie', 'sid=***; theme=***'],
          ],
          body: textBody('user=u&password=***'),
        },
        response: {
          reason: '',
          fields: [
            ['content-type', 'text/plain'],
            ['set-cookie', 'sid=***; Path=/'],
            ['location', '/'],
          ],
          body: textBody('hello world'),
        },
      }),
    );
    assert.deepEqual(entry?.request, {
      method: 'POST',
      url: 'https://web.test/login?next=%2F&token=***',
      httpVersion: 'HTTP/2',
      cookies: [
        {name: 'sid', value: '***'},
        {name: 'theme', value: '***'},
      ],
      headers: [
        {name: 'content-type', value: 'application/x-www-form-urlencoded'},
        {name: 'cookie', value: 'sid=***; theme=***'},
      ],
      queryString: [
        {name: 'next', value: '/'},
        {name: 'token', value: '***'},
      ],
      postData: {mimeType: 'application/x-www-form-urlencoded', text: 'user=u&password=***'},
      headersSize: -1,
      bodySize: 22,
    });
    assert.deepEqual(entry?.response.cookies, [{name: 'sid', value: '***'}]);
    assert.deepEqual(entry?.response.content, {size: 11, mimeType: 'text/plain', text: 'hello world'});
    assert.equal(entry?.response.redirectURL, '/');
    assert.deepEqual(entry?.timings, {blocked: 101, dns: -1, connect: -1, ssl: -1, send: 0, wait: 8, receive: 3});
    assert.equal(entry?.time, 112);
    assert.equal(entry?.startedDateTime, '2026-01-15T09:05:07.000Z');
  });

  it('says what is not whole, and has bytes as base64', () => {
    const bytes: CapturedBody = {encoding: 'base64', data: '/wD+', bytes: 3, isTruncated: false};
    const [one, two] = entriesOf(
      exchangeOf({bytesSent: 3, request: {fields: [], body: bytes}, response: {reason: 'OK', fields: [], body: bytes}}),
      exchangeOf({
        bytesSent: 900,
        response: {reason: 'OK', fields: [], body: textBody('begin', {bytes: 900, isTruncated: true})},
      }),
    );
    assert.deepEqual(one?.response.content, {size: 3, mimeType: '', text: '/wD+', encoding: 'base64'});
    assert.equal(one?.request.postData.text, '');
    assert.equal(two?.response.content.size, 900);
    assert.match(two?.response.content.comment ?? '', /beginning of 900 bytes/);
  });

  it('has no requests that are under way, and those without an answer with status 0', () => {
    const entries = entriesOf(
      exchangeOf({outcome: null, status: null, response: null}),
      exchangeOf({outcome: 'client-gone', status: null, response: null, error: 'left'}),
    );
    assert.equal(entries.length, 1);
    assert.equal(entries[0]?.response.status, 0);
    assert.match(entries[0]?.comment ?? '', /client-gone, left/);
  });

  it('is one for whatever was seen', () => {
    const anyText = fc.string({unit: 'binary'});
    const body = fc.option(
      fc.record({
        encoding: fc.constantFrom('utf8', 'base64'),
        data: anyText,
        bytes: fc.nat(),
        isTruncated: fc.boolean(),
      }) as fc.Arbitrary<CapturedBody>,
    );
    const name = fc.oneof(anyText, fc.constantFrom('Cookie', 'set-cookie', 'Content-Type', 'location'));
    const fields = fc.array(fc.tuple(name, fc.oneof(anyText, fc.constantFrom('a=b; c', '=', ';;', 'é=\xff'))));
    const ms = fc.option(fc.double({min: 0, max: 1e9, noNaN: true}));
    const exchange = fc.record({
      method: anyText,
      url: fc.oneof(
        anyText.map(target => `https://web.test/${target}`),
        anyText.map(host => `https://${host}/`),
        fc.constantFrom('https://web.test/?%zz=%', 'https://web.test', 'http://[::1]:8/\ud800'),
      ),
      contentType: fc.option(anyText),
      timing: fc.record({queueMs: ms, coldStartMs: ms, firstByteMs: ms, totalMs: ms}),
      request: fc.record({fields, body}),
      response: fc.option(fc.record({reason: anyText, fields, body})),
      error: fc.option(anyText),
    });
    fc.assert(
      fc.property(exchange, seen => {
        const har = JSON.parse(JSON.stringify(renderHar([exchangeOf(seen)], '1.0.0')));
        const isRight = isHar(har);
        // A host that no URL can have stays as it is.
        const errors = (isHar.errors ?? []).filter(({keyword}) => keyword !== 'format');
        assert.ok(isRight || errors.length === 0, JSON.stringify(errors));
      }),
      {seed: 6, numRuns: 1_000},
    );
  });
});
