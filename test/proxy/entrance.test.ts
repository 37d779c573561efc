import assert from 'node:assert/strict';
import {type RequestOptions, request} from 'node:https';
import {describe, it} from 'vitest';
import {ActivationError} from '../../src/proxy/cold-start.js';
import type {Entrance, EntranceOptions} from '../../src/proxy/entrance.js';
import type {Gateway} from '../../src/proxy/gateway.js';
import {createTestCertificate} from '../helpers/certificates.js';
import {eventually} from '../helpers/eventually.js';
import {fetchHttp1, holdRefusingPort, openTcp, readAll, route, startGateway, startUpstream} from './harness.js';

const NAME = 'app.local';
const certificate = createTestCertificate(NAME, '127.0.0.1');

const open = async (gateway: Gateway, more: Partial<EntranceOptions> = {}): Promise<Entrance> => {
  const entrance = await gateway.openEntrance({
    hosts: ['127.0.0.1'],
    httpsPorts: [0],
    httpPorts: [0],
    certificates: {certificateFor: async name => (name === NAME ? certificate : undefined)},
    defaultServerName: NAME,
    filters: [],
    isWelcome: () => true,
    ...more,
  });
  entrance.setRoutes([route(NAME)]);
  return entrance;
};

type Answer = {readonly status: number | undefined; readonly body: string};

const get = ({https}: Pick<Entrance, 'https'>, options: RequestOptions = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port: https.port,
        servername: NAME,
        ca: certificate.cert,
        agent: false,
        headers: {host: NAME},
        ...options,
      },
      async response =>
        resolve({status: response.statusCode, body: Buffer.concat(await response.toArray()).toString()}),
    );
    asked.on('error', reject).end();
  });

const APP_SAYS = 'the app';
const startApp = () => startUpstream((_, response) => response.end(APP_SAYS));

describe('another entrance of a gateway', () => {
  it('leads to the same apps by names of its own, and by no other', async () => {
    const gateway = await startGateway({upstream: await startApp()});
    const entrance = await open(gateway);
    assert.deepEqual(await get(entrance), {status: 200, body: APP_SAYS});
    for (const host of ['app.test', 'other.local', 'localhost', '127.0.0.1']) {
      const {status, body} = await get(entrance, {headers: {host}});
      assert.equal(status, 421, host);
      assert.equal(body.includes('app.'), false, body);
    }
    assert.equal((await fetchHttp1(gateway, {headers: {host: NAME}})).status, 421);
    assert.equal((await fetchHttp1(gateway)).status, 200);
  });

  it('has filters of its own and none of the gateway', async () => {
    const answer = (body: string) => (session: Parameters<EntranceOptions['filters'][number]>[0]) => {
      if (session.request.target !== '/filtered') return false;
      session.respond(200, {}, body);
      return true;
    };
    const gateway = await startGateway({upstream: await startApp(), filters: [answer('of the gateway')]});
    const plain = await open(gateway);
    const filtered = await open(gateway, {filters: [answer('of the entrance')]});
    assert.equal((await get(plain, {path: '/filtered'})).body, APP_SAYS);
    assert.equal((await get(filtered, {path: '/filtered'})).body, 'of the entrance');
  });

  it('answers nothing of tako itself for names that it does not have', async () => {
    const options = {documentScript: () => '/_tako/client.js', startOf: () => undefined};
    const gateway = await startGateway({upstream: await startApp(), ...options});
    const entrance = await open(gateway);
    for (const path of ['/_tako/client.js', '/_tako/reload', '/_tako/start']) {
      assert.equal((await get(entrance, {path, headers: {host: 'app.test'}})).status, 421, path);
    }
    assert.equal((await get(entrance, {path: '/_tako/client.js'})).status, 200);
  });

  it('does not show what apps print', async () => {
    const secret = 'the password is 1234';
    const gateway = await startGateway({
      activate: async () => {
        throw new ActivationError('failed', 'APP_EXITED', 'the app exited', {details: [secret]});
      },
      lastLines: () => [secret],
    });
    assert.match((await fetchHttp1(gateway)).body, /1234/);
    const {status, body} = await get(await open(gateway));
    assert.equal(status, 502);
    assert.match(body, /the app exited/);
    assert.equal(body.includes('1234'), false);
  });

  it('counts as use of the app', async () => {
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const upstream = await startUpstream(async (_, response) => {
      asked.resolve();
      await answered.promise;
      response.end();
    });
    const gateway = await startGateway({upstream});
    const got = get(await open(gateway));
    await asked.promise;
    assert.equal(gateway.inFlight('app'), 1);
    answered.resolve();
    await got;
    await eventually(() => assert.equal(gateway.inFlight('app'), 0));
  });

  it('redirects to its own HTTPS port', async () => {
    const entrance = await open(await startGateway());
    const socket = await openTcp(entrance.http.port);
    socket.write(`GET /x HTTP/1.1\r\nHost: ${NAME}\r\nConnection: close\r\n\r\n`);
    assert.match(await readAll(socket), new RegExp(`\r\nlocation: https://${NAME}:${entrance.https.port}/x\r\n`));
  });

  it('sends away whoever is not welcome, unread', async () => {
    const entrance = await open(await startGateway({upstream: await startApp()}), {isWelcome: () => false});
    await assert.rejects(get(entrance), {code: 'ECONNRESET'});
    assert.equal(await readAll(await openTcp(entrance.http.port)), '');
  });

  it('takes the first port that is free', async () => {
    const taken = holdRefusingPort();
    const gateway = await startGateway();
    const entrance = await open(gateway, {httpsPorts: [gateway.https.port, 0], httpPorts: [taken, 0]});
    assert.notEqual(entrance.https.port, gateway.https.port);
    await assert.rejects(open(gateway, {httpsPorts: [gateway.https.port]}), {code: 'PORT_IN_USE'});
  });

  it('is closed with all that came through it, and the gateway goes on', async () => {
    const gateway = await startGateway({upstream: await startApp()});
    const entrance = await open(gateway);
    const socket = await openTcp(entrance.http.port);
    const ended = readAll(socket);
    await entrance.close();
    assert.equal(await ended, '');
    await assert.rejects(get(entrance), {code: 'ECONNREFUSED'});
    assert.equal((await fetchHttp1(gateway)).status, 200);
  });

  it('is closed with the gateway', async () => {
    const gateway = await startGateway();
    const entrance = await open(gateway);
    await gateway.close();
    await assert.rejects(get(entrance), {code: 'ECONNREFUSED'});
  });
});
