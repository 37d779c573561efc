import assert from 'node:assert/strict';
import {createSocket} from 'node:dgram';
import {once} from 'node:events';
import dns2 from 'dns2';
import {describe, it, onTestFinished} from 'vitest';
import {createDnsResolve} from '../../../src/proxy/load-balancing/dns-resolve.js';

const {Packet} = dns2;
const {TYPE, RCODE} = Packet;
const never = new AbortController().signal;

/** What a name server says about a type: addresses, or a code; 'nothing' for no answer at all. */
type Answer = readonly string[] | number | 'nothing';

/** A name server that says the same about every name. Resolves with its address and port. */
async function startNameServer(answerFor: (type: number) => Answer): Promise<string> {
  const server = dns2.createUDPServer((request, send) => {
    const [question] = request.questions;
    if (!question) return;
    const answer = answerFor(question.type);
    if (answer === 'nothing') return;
    const response = Packet.createResponseFromRequest(request);
    if (typeof answer === 'number') response.header.rcode = answer;
    else
      response.answers.push(
        ...answer.map(address => Packet.createResourceFromQuestion(question, {type: question.type, ttl: 1, address})),
      );
    send(response);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${server.address().port}`;
}

const resolveWith = async (answerFor: (type: number) => Answer): Promise<readonly string[]> =>
  createDnsResolve([await startNameServer(answerFor)])('app.internal', never);

describe('looking a name up', () => {
  it('finds its A and AAAA records', async () => {
    const found = await resolveWith(type => (type === TYPE.A ? ['10.0.0.1', '10.0.0.2'] : ['fd00::1']));
    assert.deepEqual([...found].sort(), ['10.0.0.1', '10.0.0.2', 'fd00::1']);
  });

  it('finds those of one family when there are none of the other', async () => {
    assert.deepEqual(await resolveWith(type => (type === TYPE.A ? [] : ['fd00::1'])), ['fd00::1']);
    assert.deepEqual(await resolveWith(type => (type === TYPE.A ? ['10.0.0.1'] : [])), ['10.0.0.1']);
  });

  it('finds nothing for a name that does not exist', async () => {
    assert.deepEqual(await resolveWith(() => RCODE.NXDOMAIN), []);
  });

  it('fails when one family cannot be looked up, instead of giving half of the addresses', async () => {
    await assert.rejects(
      resolveWith(type => (type === TYPE.A ? ['10.0.0.1'] : RCODE.SERVFAIL)),
      {code: 'ESERVFAIL'},
    );
  });

  it('stops waiting when it is told to', async () => {
    const stop = new AbortController();
    const address = await startNameServer(() => {
      stop.abort();
      return 'nothing';
    });
    await assert.rejects(createDnsResolve([address])('app.internal', stop.signal), {code: 'ECANCELLED'});
  });

  it('does not begin when it was told to stop before', async () => {
    let queries = 0;
    const address = await startNameServer(() => {
      queries += 1;
      return 'nothing';
    });
    await assert.rejects(createDnsResolve([address])('app.internal', AbortSignal.abort()));
    assert.equal(queries, 0);
  });

  it('fails when nothing answers there', async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const {port} = socket.address();
    socket.close();
    await once(socket, 'close');
    await assert.rejects(createDnsResolve([`127.0.0.1:${port}`])('app.internal', never), {code: 'ECONNREFUSED'});
  });
});
