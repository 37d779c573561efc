import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';
import {describe, it} from 'vitest';
import {type BackendReport, createBackendReports} from '../../../src/proxy/workers/backend-reports.js';

const A = '127.0.0.1:3000';
const B = '127.0.0.1:3001';

async function sentFor(tell: (report: ReturnType<typeof createBackendReports>) => void): Promise<BackendReport[]> {
  const sent: BackendReport[] = [];
  tell(createBackendReports(report => sent.push(report)));
  await delay(100);
  return sent;
}

describe('what a worker reports of its backends', () => {
  it('is nothing while all goes well', async () => {
    assert.deepEqual(await sentFor(report => report(A, 'success')), []);
  });

  it('is one message for many failures', async () => {
    const sent = await sentFor(report => {
      for (let count = 0; count < 1_000; count++) report(A, 'failure');
      report(B, 'failure');
    });
    assert.deepEqual(sent, [
      {address: A, hasRecovered: false, failures: 1_000},
      {address: B, hasRecovered: false, failures: 1},
    ]);
  });

  it('is the first success after failures, and the failures after that', async () => {
    const sent = await sentFor(report => {
      for (const outcome of ['failure', 'success', 'success', 'failure'] as const) report(A, outcome);
    });
    assert.deepEqual(sent, [{address: A, hasRecovered: true, failures: 1}]);
  });
});
