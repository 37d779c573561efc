import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import {describe, it, onTestFinished} from 'vitest';
import {fetchHttp1, findClosedPort, startGateway} from './harness.js';

describe('an app that takes no connection', () => {
  it('is waited for where its own watcher may be starting it anew', async () => {
    const port = await findClosedPort();
    const gateway = await startGateway({upstream: {host: '127.0.0.1', port}, connectPatienceMs: 60_000});
    const asked = fetchHttp1(gateway);
    const server = createServer((_, response) => response.end('back'));
    onTestFinished(() => void server.close());
    setTimeout(() => server.listen(port, '127.0.0.1'), 700);
    assert.equal((await asked).body, 'back');
  });

  it('is a 502 when it does not come back', async () => {
    const upstream = {host: '127.0.0.1', port: await findClosedPort()};
    const gateway = await startGateway({upstream, connectPatienceMs: 300});
    assert.equal((await fetchHttp1(gateway)).status, 502);
  });
});
