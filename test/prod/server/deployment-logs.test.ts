import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {it, onTestFinished} from 'vitest';
import {createDeploymentLogs} from '../../../src/prod/server/deployment-logs.js';
import {createLogBuffer} from '../../../src/supervisor/log-buffer.js';
import {systemClock} from '../../../src/system/clock.js';

const SHOP = {app: 'shop', environment: 'production'};
const INSTANCE = 'shop/production@1f0c9ae77b21#1';

it('follows an instance once, and once more when it was ended and is started again', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-logs-'));
  let buffer = createLogBuffer(systemClock);
  const onError = (error: unknown): void => assert.fail(String(error));
  const logs = createDeploymentLogs({folder, clock: systemClock, supervisor: {logs: () => buffer}, onError});
  onTestFinished(() => rmSync(folder, {recursive: true}));
  logs.follow(INSTANCE);
  logs.follow(INSTANCE);
  buffer.append('stdout', 'the first time');
  buffer = createLogBuffer(systemClock);
  logs.follow(INSTANCE);
  buffer.append('stdout', 'the second time');

  const signal = new AbortController().signal;
  const texts: unknown[] = [];
  const query = {count: 10, since: 0, release: null, follow: false, signal};
  for await (const record of logs.of(SHOP).read(query)) texts.push(record.text);
  await logs.close();
  assert.deepEqual(texts, ['the first time', 'the second time']);
});
