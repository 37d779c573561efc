// Bytes that are left over on a connection, and what they must never become: a request of somebody, or the answer to
// somebody else's.

import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {Session} from '../../src/proxy/session.js';
import {createRandom} from '../helpers/random.js';
import {scaled} from '../helpers/soak.js';
import {readAnswers} from '../proxy/conformance/answers.js';
import {converse} from '../proxy/conformance/conversation.js';
import {settle} from '../proxy/conformance/exchanges.js';
import {onEachHead} from '../proxy/conformance/scripted-upstream.js';
import {chunk, get, head, post} from '../proxy/conformance/vector.js';
import {openTcp, startRawUpstream, startUpstream} from '../proxy/harness.js';
import {startProxyHere} from './proxy-here.js';

const SEED = 20_260_302;

describe('a proxy that is its own upstream', () => {
  it('ends the loop with 508', async () => {
    let own = 0;
    let requests = 0;
    const proxy = await startProxyHere({
      upstreamPeer() {
        requests += 1;
        return {host: '127.0.0.1', port: own};
      },
    });
    own = proxy.plainPort;
    const {bytes} = await converse(await openTcp(own), [Buffer.from(get('Connection: close'))]);
    assert.equal(readAnswers(bytes).answers[0]?.status, 508);
    assert.ok(requests <= 10, `it went round ${requests} times`);
    await proxy.untilIdle();
  });

  it('ends it for a body that is sent in chunks, too', async () => {
    let own = 0;
    const proxy = await startProxyHere({upstreamPeer: () => ({host: '127.0.0.1', port: own})});
    own = proxy.plainPort;
    const request = post(['Transfer-Encoding: chunked', 'Connection: close'], `${chunk('hello')}0\r\n\r\n`);
    const {bytes} = await converse(await openTcp(own), [Buffer.from(request)]);
    assert.equal(readAnswers(bytes, ['POST']).answers[0]?.status, 508);
    await proxy.untilIdle();
  });
});

/** Read as a request, it would reach the app. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: app.test\r\n\r\n';
const CANARY = head('GET /canary HTTP/1.1', 'Connection: close');

/** Answers `/own*` itself, in one of the ways a filter can. */
const WAYS: Readonly<Record<string, (session: Session) => boolean | Promise<boolean>>> = {
  'at once': session => respond(session),
  'a moment later': async session => {
    await settle();
    return respond(session);
  },
};

function respond(session: Session): true {
  session.respond(302, {location: '/elsewhere'}, 'own');
  return true;
}

const BODIES: Readonly<Record<string, string>> = {
  'of a length': post([`Content-Length: ${SMUGGLED.length}`], SMUGGLED),
  'of a length, twice over': post([`Content-Length: ${SMUGGLED.length * 2}`], SMUGGLED.repeat(2)),
  'in chunks': post(['Transfer-Encoding: chunked'], `${chunk(SMUGGLED)}0\r\n\r\n`),
  'in chunks with trailers': post(
    ['Transfer-Encoding: chunked'],
    `${chunk(SMUGGLED)}0\r\nX: ${'a'.repeat(99)}\r\n\r\n`,
  ),
  'larger than anybody reads in vain': post(['Content-Length: 420000'], SMUGGLED.repeat(10_000)),
  'in chunks larger than anybody reads in vain': post(
    ['Transfer-Encoding: chunked'],
    `${chunk(SMUGGLED).repeat(10_000)}0\r\n\r\n`,
  ),
  'that waits for a 100': post([`Content-Length: ${SMUGGLED.length}`, 'Expect: 100-continue'], SMUGGLED),
  'of a GET': head('GET /own HTTP/1.1', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
};

describe.each(Object.entries(BODIES))('a body %s that nobody reads', (_, request) => {
  it.each(Object.keys(WAYS))('is never read as a request, when it is answered %s', async way => {
    const upstream = await startUpstream((incoming, response) => response.end(incoming.url));
    const targets: string[] = [];
    const proxy = await startProxyHere({
      upstream,
      requestFilter(session) {
        targets.push(session.request.target);
        return session.request.target !== '/canary' && (WAYS[way] as (session: Session) => boolean)(session);
      },
    });
    const bytes = Buffer.from(request + CANARY);
    const {bytes: received, isClosed} = await converse(await openTcp(proxy.plainPort), [bytes]);
    assert.ok(isClosed);
    const {answers, rest} = readAnswers(received, ['POST']);
    assert.equal(rest, '');
    assert.deepEqual(
      targets.filter(target => target === '/smuggled'),
      [],
    );
    // Either the connection went on behind the body or it ended before; nothing else may come.
    const statuses = answers.map(({status}) => status);
    assert.deepEqual(statuses, statuses.length === 1 ? [302] : [302, 200]);
    assert.ok(answers.length === 1 || answers[1]?.body === '/canary');
  });
});

describe('an app that says more than it was asked', () => {
  it('never has it taken for the answer to somebody else', async () => {
    const random = createRandom(SEED);
    const stray = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray';
    const upstream = await startRawUpstream(socket => {
      socket.setNoDelay(true);
      onEachHead(socket, text => {
        const target = text.split(' ')[1] ?? '';
        const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`;
        const kind = random.below(4);
        const cut = 1 + random.below(stray.length);
        socket.write(kind === 0 ? answer + stray.slice(0, cut) : answer);
        if (kind === 1) socket.write(stray.slice(0, cut));
        if (kind === 2) setImmediate(() => socket.write(stray.slice(0, cut)));
      });
    });
    const {plainPort} = await startProxyHere({upstream});
    for (let index = 0; index < scaled(200, 5_000); index++) {
      const request = Buffer.from(head(`GET /${index} HTTP/1.1`, 'Connection: close'));
      const {bytes} = await converse(await openTcp(plainPort), [request]);
      assert.equal(readAnswers(bytes).answers[0]?.body, `/${index}`);
      await settle();
    }
  });
});
