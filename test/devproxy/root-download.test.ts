import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import {request as httpRequest} from 'node:http';
import {request as httpsRequest} from 'node:https';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {createRootDownload} from '../../src/devproxy/root-download.js';
import {createGateway, type Gateway} from '../../src/proxy/gateway.js';
import {createTestCertificate} from '../helpers/certificates.js';
import {temporaryFolder} from './support.js';

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nünïque\n-----END CERTIFICATE-----\n';

async function startGateway(): Promise<Gateway> {
  const file = path.join(temporaryFolder(), 'ca.crt');
  writeFileSync(file, CERTIFICATE);
  const gateway = await createGateway({
    https: {port: 0},
    http: {port: 0},
    certificates: {certificateFor: async () => createTestCertificate('localhost')},
    defaultServerName: 'localhost',
    activate: () => Promise.reject(new Error('nothing is to be activated')),
    findUpstream: () => undefined,
    filters: [createRootDownload(file, ['test'])],
  });
  onTestFinished(() => gateway.close());
  return gateway;
}

const get = ({http}: Gateway, target: string, method = 'GET'): Promise<Response> =>
  fetch(`http://127.0.0.1:${http.port}${target}`, {method});

const statusFor = ({http}: Gateway, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const request = httpRequest({port: http.port, path: '/ca.pem', headers: {host}}, answer => {
      answer.resume();
      resolve(answer.statusCode);
    });
    request.on('error', reject).end();
  });

describe('the download of the root certificate', () => {
  it('is at /ca.pem of a local host over HTTP, as a file to keep', async () => {
    const response = await get(await startGateway(), '/ca.pem?from=phone');
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'application/x-pem-file');
    assert.match(response.headers.get('content-disposition') ?? '', /^attachment; filename="tako-ca\.pem"$/);
    assert.equal(await response.text(), CERTIFICATE);
  });

  it('is there for names in a zone, and not for a name of the internet that was pointed here', async () => {
    const gateway = await startGateway();
    assert.equal(await statusFor(gateway, 'any.test'), 200);
    assert.equal(await statusFor(gateway, 'app.localhost'), 200);
    assert.equal(await statusFor(gateway, 'evil.example'), 421);
    assert.equal(await statusFor(gateway, 'eviltest'), 421);
  });

  it('answers HEAD with the head alone', async () => {
    const response = await get(await startGateway(), '/ca.pem', 'HEAD');
    assert.equal(response.headers.get('content-length'), String(Buffer.byteLength(CERTIFICATE)));
    assert.equal(await response.text(), '');
  });

  it('leaves every other path and method to the apps', async () => {
    const gateway = await startGateway();
    const answers = [
      await get(gateway, '/ca.pem', 'POST'),
      await get(gateway, '/ca.pemx'),
      await get(gateway, '/x/ca.pem'),
    ];
    assert.deepEqual(
      answers.map(({status}) => status),
      [421, 421, 421],
    );
  });

  it('is not there over HTTPS, where nobody who needs it could fetch it', async () => {
    const {https} = await startGateway();
    const status = await new Promise((resolve, reject) => {
      const options = {host: '127.0.0.1', port: https.port, path: '/ca.pem', rejectUnauthorized: false, agent: false};
      httpsRequest(options, response => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    assert.equal(status, 421);
  });
});
