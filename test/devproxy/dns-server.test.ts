import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {createSocket} from 'node:dgram';
import {Resolver} from 'node:dns/promises';
import {once} from 'node:events';
import {createConnection, createServer} from 'node:net';
import {promisify} from 'node:util';
import {afterEach, describe, it} from 'vitest';
import {type DnsServer, startDnsServer} from '../../src/devproxy/dns-server.js';
import {createRandom} from '../helpers/random.js';
import {requires} from '../helpers/system-parts.js';

const open: DnsServer[] = [];

async function start(zones: readonly string[] = ['test']): Promise<DnsServer> {
  const server = await startDnsServer({port: 0, zones});
  open.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(server => server.close()));
});

function resolverOf({port}: DnsServer): Resolver {
  const resolver = new Resolver({timeout: 2_000, tries: 1});
  resolver.setServers([`127.0.0.1:${port}`]);
  return resolver;
}

describe('the name server, asked by Node', () => {
  it('answers every name of a managed zone with this machine, whatever its depth and case', async () => {
    const resolver = resolverOf(await start());
    for (const name of ['hello.test', 'a.b.c.test', 'test', 'HeLLo.TEST']) {
      assert.deepEqual(await resolver.resolve4(name), ['127.0.0.1']);
      assert.deepEqual(await resolver.resolve6(name), ['::1']);
    }
  });

  it('says of other types that the name exists and has none', async () => {
    const resolver = resolverOf(await start());
    await assert.rejects(resolver.resolveMx('hello.test'), {code: 'ENODATA'});
    await assert.rejects(resolver.resolveTxt('hello.test'), {code: 'ENODATA'});
  });

  it('refuses names outside its zones, also those that merely end alike', async () => {
    const resolver = resolverOf(await start());
    for (const name of ['example.com', 'nottest', 'hello.test.example', 'atest']) {
      await assert.rejects(resolver.resolve4(name), {code: 'EREFUSED'});
    }
  });

  it('serves zones that were added', async () => {
    const resolver = resolverOf(await start(['test', 'dev.example.com']));
    assert.deepEqual(await resolver.resolve4('app.dev.example.com'), ['127.0.0.1']);
    await assert.rejects(resolver.resolve4('example.com'), {code: 'EREFUSED'});
  });
});

describe.skipIf(requires('dig'))('the name server, asked by dig', () => {
  async function dig({port}: DnsServer, ...args: string[]): Promise<string> {
    const common = ['@127.0.0.1', '-p', String(port), '+time=2', '+tries=1'];
    return (await promisify(execFile)('dig', [...common, ...args])).stdout;
  }

  it('answers over UDP and TCP, authoritatively', async () => {
    const server = await start();
    for (const transport of ['+notcp', '+tcp']) {
      const answer = await dig(server, transport, 'hello.test', 'A');
      assert.match(answer, /status: NOERROR/);
      assert.match(answer, /flags: qr aa rd;/);
      assert.match(answer, /hello\.test\.\s+10\s+IN\s+A\s+127\.0\.0\.1/);
    }
  });

  it('gives the start of authority with an empty answer, so that it may be cached', async () => {
    const answer = await dig(await start(), 'hello.test', 'TYPE65');
    assert.match(answer, /status: NOERROR/);
    assert.match(answer, /ANSWER: 0, AUTHORITY: 1/);
    assert.match(answer, /test\.\s+10\s+IN\s+SOA\s+ns\.test\. hostmaster\.test\./);
  });

  it('takes EDNS, and refuses a version that does not exist', async () => {
    const server = await start();
    assert.match(await dig(server, '+edns=0', 'hello.test', 'A'), /EDNS: version: 0, flags:; udp: 1232/);
    assert.match(await dig(server, '+edns=1', '+noednsneg', 'hello.test', 'A'), /status: BADVERS/);
    assert.doesNotMatch(await dig(server, '+noedns', 'hello.test', 'A'), /OPT PSEUDOSECTION/);
  });

  it('refuses other classes and does not implement other operations', async () => {
    const server = await start();
    assert.match(await dig(server, '-c', 'CH', 'hello.test', 'A'), /status: REFUSED/);
    assert.match(await dig(server, '+opcode=NOTIFY', 'hello.test', 'SOA'), /status: NOTIMP/);
  });
});

describe('the name server, mistreated', () => {
  it('goes on answering after ten thousand packets of noise', async () => {
    const server = await start();
    const resolver = resolverOf(server);
    const random = createRandom(20_261_121);
    const query = Buffer.from('1234010000010000000000000568656c6c6f04746573740000010001', 'hex');
    const socket = createSocket('udp4');
    socket.on('error', () => undefined);
    const send = (packet: Buffer): Promise<void> =>
      new Promise(resolve => socket.send(packet, server.port, '127.0.0.1', () => resolve()));
    for (let round = 0; round < 10_000; round++) {
      const packet = round % 2 === 0 ? random.bytes(random.below(120)) : mutate(query, random);
      await send(packet);
      // Each answer also says that the socket's buffer is empty: UDP drops what does not fit.
      if (round % 100 === 99) assert.deepEqual(await resolver.resolve4('hello.test'), ['127.0.0.1']);
    }
    socket.close();
  });

  it('goes on answering after broken TCP messages and resets', async () => {
    const server = await start();
    const random = createRandom(7);
    for (let round = 0; round < 100; round++) {
      const client = createConnection(server.port, '127.0.0.1');
      client.on('error', () => undefined);
      await once(client, 'connect');
      client.write(random.bytes(1 + random.below(64)));
      client.resetAndDestroy();
      await once(client, 'close');
    }
    assert.deepEqual(await resolverOf(server).resolve4('hello.test'), ['127.0.0.1']);
  });

  it('never answers an answer, so that two servers cannot keep each other busy', async () => {
    const server = await start();
    const socket = createSocket('udp4');
    const answers: Buffer[] = [];
    socket.on('message', message => answers.push(message));
    const answer = Buffer.from('1234810000010000000000000568656c6c6f04746573740000010001', 'hex');
    const question = Buffer.from('5678010000010000000000000568656c6c6f04746573740000010001', 'hex');
    socket.send(answer, server.port, '127.0.0.1');
    socket.send(question, server.port, '127.0.0.1');
    await once(socket, 'message');
    socket.close();
    assert.deepEqual(
      answers.map(message => message.readUInt16BE(0)),
      [0x5678],
    );
  });
});

describe('closing the name server', () => {
  it('does not wait for a client that keeps its connection open', async () => {
    const server = await startDnsServer({port: 0, zones: ['test']});
    const client = createConnection({port: server.port, host: '127.0.0.1', allowHalfOpen: true});
    client.on('error', () => undefined);
    await once(client, 'connect');
    await server.close();
    client.destroy();
  });
});

describe('a DNS port that is taken', () => {
  it('is an error that names the owner', async () => {
    const owner = createServer().listen(0, '127.0.0.1');
    await once(owner, 'listening');
    const {port} = owner.address() as {port: number};
    try {
      await assert.rejects(startDnsServer({port, zones: ['test']}), {
        code: 'DNS_PORT_IN_USE',
        message: new RegExp(`^DNS port ${port} is in use by .*\\(pid ${process.pid}\\)$`),
      });
    } finally {
      owner.close();
    }
  });
});

function mutate(packet: Buffer, random: ReturnType<typeof createRandom>): Buffer {
  const mutated = Buffer.from(packet);
  for (let change = 0; change < 1 + random.below(4); change++)
    mutated[random.below(mutated.length)] = random.below(256);
  return mutated.subarray(0, random.below(4) === 0 ? random.below(mutated.length) : mutated.length);
}
