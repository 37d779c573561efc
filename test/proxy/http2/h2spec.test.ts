import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {performServerHandshake} from 'node:http2';
import {promisify} from 'node:util';
import {describe, it} from 'vitest';
import {requires} from '../../helpers/system-parts.js';
import {startUpstream} from '../harness.js';
import {listen, startEngine} from './harness.js';

// h2spec's cases of RFC 7540 and RFC 7541, against the engine and against node:http2 alone in the same run: what nghttp2
// and Node leave open is theirs, and the engine must not add to it.

/** Cases in h2spec 2.6; fewer would mean that it did not run. */
const CASES = 140;

const run = promisify(execFile);

/** Names of the cases that fail, by their section. */
async function failuresOf(port: number): Promise<{readonly failed: readonly string[]; readonly count: number}> {
  const args = ['-h', '127.0.0.1', '-p', String(port), '-t', '-k', '-o', '2'];
  const {stdout} = await run('h2spec', args, {encoding: 'latin1', maxBuffer: 64 * 1024 * 1024}).catch(error => error);
  const summary = /(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed/.exec(stdout);
  assert.ok(summary, `h2spec did not finish: ${stdout.slice(-500)}`);
  return {failed: parseFailures(stdout), count: Number(summary[1])};
}

/** The report tells of failures once more at its end, under their sections. */
function parseFailures(report: string): string[] {
  const failed: string[] = [];
  let section = '';
  for (const line of report.slice(report.indexOf('Failures:')).split('\n')) {
    const heading = /^\s*((?:\d+\.)+)\s+(.*)$/.exec(line);
    if (heading) section = `${heading[1]} ${heading[2]}`;
    const failure = /×\s*(?:\d+:)?\s*(.*)$/.exec(Buffer.from(line, 'latin1').toString());
    if (failure) failed.push(`${section}: ${failure[1]}`);
  }
  return failed;
}

describe.skipIf(requires('h2spec'))('h2spec', () => {
  it('finds nothing in the engine that it does not find in node:http2', {timeout: 120_000}, async () => {
    const upstream = await startUpstream((incoming, response) => {
      incoming.resume().on('end', () => response.end('ok'));
    });
    const engine = await startEngine({upstream});
    const bare = await listen(socket => {
      const session = performServerHandshake(socket);
      socket.on('error', () => undefined);
      session.on('error', () => undefined);
      session.on('stream', stream => {
        stream.on('error', () => undefined);
        stream.respond({':status': 200});
        stream.resume().end('ok');
      });
    });
    // It mostly waits.
    const [ours, nodes] = await Promise.all([failuresOf(engine.port), failuresOf(bare)]);
    assert.ok(ours.count >= CASES && nodes.count === ours.count, `${ours.count} and ${nodes.count} cases`);
    assert.deepEqual(
      ours.failed.filter(name => !nodes.failed.includes(name)),
      [],
    );
  });
});
