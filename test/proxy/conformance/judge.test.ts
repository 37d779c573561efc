// The judge itself: what it must not let through.

import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {judge, type Outcome} from './judge.js';
import type {SeenRequest} from './recording-upstream.js';
import {judgeAnswer} from './response-judge.js';
import {breaks, hello, passes, turnsInto502} from './response-vector.js';
import {get, passed, post, refused, refusedInBody} from './vector.js';

const answer = (status: number, body: string): string =>
  `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const seenRequest = (method: string, target: string, body = ''): SeenRequest => ({
  method,
  target,
  version: '1.1',
  body,
  rawTrailers: [],
});

const OURS =
  'X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: app.test\r\nForwarded: for=127.0.0.1\r\n';
const forwarded = (line: string, ...fields: string[]): string =>
  `${[line, 'Host: app.test', ...fields].join('\r\n')}\r\n${OURS}\r\n`;

const PASSED: Outcome = {
  scheme: 'https',
  client: {bytes: answer(200, 'GET /') + answer(200, 'GET /canary'), isClosed: true},
  seen: {
    requests: [seenRequest('GET', '/'), seenRequest('GET', '/canary')],
    transcripts: [forwarded('GET / HTTP/1.1') + forwarded('GET /canary HTTP/1.1')],
    faults: [],
  },
};

const REFUSED: Outcome = {
  scheme: 'https',
  client: {bytes: answer(400, 'no'), isClosed: true},
  seen: {requests: [], transcripts: [], faults: []},
};

describe('a request that passes', () => {
  const vector = passed('a GET', get());
  const problemsOf = (change: Partial<Outcome>): string => judge(vector, {...PASSED, ...change}).join('\n');
  const seen = (change: Partial<Outcome['seen']>): string => problemsOf({seen: {...PASSED.seen, ...change}});

  it('is judged good when both sides agree', () => {
    assert.equal(problemsOf({}), '');
  });

  it('is judged bad when the app read another body', () => {
    assert.match(seen({requests: [seenRequest('GET', '/', 'x'), seenRequest('GET', '/canary')]}), /its body was/);
  });

  it('is judged bad when the app read one request more', () => {
    assert.match(seen({requests: [...PASSED.seen.requests, seenRequest('GET', '/smuggled')]}), /hidden in a body/);
  });

  it('is judged bad when the app read one request less', () => {
    assert.match(seen({requests: PASSED.seen.requests.slice(0, 1)}), /the app read/);
  });

  it('is judged bad when the app could not read it', () => {
    assert.match(seen({faults: ['Parse Error']}), /could not read it: Parse Error/);
  });

  it.each([
    ['framed twice', forwarded('GET / HTTP/1.1', 'Content-Length: 0', 'Transfer-Encoding: chunked'), /more than once/],
    ['of two hosts', forwarded('GET / HTTP/1.1', 'Host: app.test'), /hosts 2/],
    ['with two claims', forwarded('GET / HTTP/1.1', 'X-Forwarded-For: 6.6.6.6'), /X-Forwarded-For/],
    ['with a bare LF in it', forwarded('GET / HTTP/1.1', 'X: y\nZ: z'), /is broken/],
    ['with an odd encoding', forwarded('GET / HTTP/1.1', 'Transfer-Encoding: x'), /framed by/],
  ])('is judged bad when it is %s', (_, transcript, problem) => {
    assert.match(seen({transcripts: [transcript]}), problem);
  });

  it('is judged bad when the client got the answers in another order', () => {
    const bytes = answer(200, 'GET /canary') + answer(200, 'GET /');
    assert.match(problemsOf({client: {bytes, isClosed: true}}), /the client got/);
  });

  it('is judged bad when the client got more than answers, or too little', () => {
    const {bytes} = PASSED.client;
    assert.match(problemsOf({client: {bytes: `${bytes}x`, isClosed: true}}), /bytes that are no answer/);
    assert.match(problemsOf({client: {bytes: bytes.slice(0, -1), isClosed: true}}), /cut off/);
    assert.match(problemsOf({client: {bytes, isClosed: false}}), /stays open/);
  });
});

describe('a request that is refused', () => {
  const vector = refused('a GET', get());

  it('is judged good when nobody saw it', () => {
    assert.deepEqual(judge(vector, REFUSED), []);
  });

  it.each([
    ['the app saw a byte of it', {seen: {...REFUSED.seen, transcripts: ['G']}}, /saw bytes/],
    [
      'the app read the one behind it',
      {seen: {...REFUSED.seen, requests: [seenRequest('GET', '/canary')]}},
      /read a re/,
    ],
    ['the status is another', {client: {bytes: answer(200, ''), isClosed: true}}, /expected 400, got 200/],
    ['the one behind it was answered', {client: {bytes: answer(400, '').repeat(2), isClosed: true}}, /got 400, 400/],
    ['there was no answer', {client: {bytes: '', isClosed: true}}, /no answer/],
    ['the connection goes on', {client: {...REFUSED.client, isClosed: false}}, /stays open/],
  ])('is judged bad when %s', (_, change, problem) => {
    assert.match(judge(vector, {...REFUSED, ...change}).join('\n'), problem);
  });

  it('is judged by whether the app read the whole of it, when only its body is bad', () => {
    const inBody = refusedInBody('a body', post([]));
    const begun = {...REFUSED, seen: {...REFUSED.seen, transcripts: ['POST / HTTP/1.1\r\n']}};
    assert.deepEqual(judge(inBody, begun), []);
    const whole = {...begun, seen: {...begun.seen, requests: [seenRequest('POST', '/')]}};
    assert.match(judge(inBody, whole).join('\n'), /a whole request/);
  });
});

describe('an answer', () => {
  const PROBE = {bytes: answer(200, 'probe'), isClosed: true};
  const visits = [
    {isProbe: false, connection: 1},
    {isProbe: true, connection: 2},
  ];
  const judged = (vector: Parameters<typeof judgeAnswer>[0], bytes: string, seen = visits): string =>
    judgeAnswer(vector, {client: {bytes, isClosed: true}, probe: PROBE, visits: seen}).join('\n');

  it('that passes must be whole, and the next one clean', () => {
    const vector = passes('hello', hello(), {body: 'hello'});
    assert.equal(judged(vector, hello() + PROBE.bytes), '');
    assert.match(judged(vector, hello().slice(0, -1)), /cut off/);
    assert.match(judged(vector, hello() + answer(200, 'poison')), /the next answer was 200 poison/);
    assert.match(judged(vector, `${hello()}more`), /no answer/);
  });

  it('that is no HTTP must become a 502, and its connection be dropped', () => {
    const vector = turnsInto502('nonsense', 'nonsense');
    assert.equal(judged(vector, answer(502, 'x')), '');
    assert.match(judged(vector, hello()), /expected 502, got 200/);
    const reused = [...visits, {isProbe: true, connection: 1}];
    assert.match(judged(vector, answer(502, 'x'), reused), /used again/);
  });

  it('that broke off must not look whole', () => {
    const vector = breaks('half', 'half');
    assert.equal(judged(vector, hello().slice(0, -1)), '');
    assert.equal(judged(vector, answer(502, 'x')), '');
    assert.match(judged(vector, hello()), /looks whole/);
  });
});
