// Someone who minds his own business while others attack.

import assert from 'node:assert/strict';
import {fork} from 'node:child_process';
import {once} from 'node:events';
import {type Agent, request as requestHttp} from 'node:http';
import path from 'node:path';
import {onTestFinished} from 'vitest';

const PROBE = path.resolve(import.meta.dirname, 'fixtures/probe.mjs');

/** A guard against hanging, no measure: nothing came of an answer for so long. */
const MAX_SILENCE_MS = 60_000;

export type Probe = {
  /** How many requests were answered so far. */
  answered(): number;
  /** Ends it. Rejects when a request was not answered with 200, or none was since it was started. */
  stop(): Promise<void>;
};

/** What it tells: the status of an answer, or why it gave up. */
type Told = {readonly status: number} | {readonly problem: string};

/** Asks for the path again and again, on a kept connection and on new ones in turn; the first answer has come. */
export async function startProbe(port: number, target = '/hello'): Promise<Probe> {
  const child = fork(PROBE, [String(port), target], {execArgv: []});
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const heard: Told[] = [];
  child.on('message', (told: Told) => heard.push(told));
  await Promise.race([once(child, 'message'), exited]);
  const started = heard.length;
  return {
    answered: () => heard.length - started,
    async stop() {
      if (child.connected) child.send('stop');
      await exited;
      assert.deepEqual(
        heard.filter(told => !('status' in told && told.status === 200)),
        [],
      );
      assert.ok(heard.length > started, 'nobody else was served');
    },
  };
}

/** The status of an answer that came whole. */
export function ask(port: number, target: string, agent: Agent | false): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = {port, host: '127.0.0.1', path: target, agent, timeout: MAX_SILENCE_MS};
    const request = requestHttp(options, response => {
      response.on('error', reject).on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    request.on('timeout', () => request.destroy(new Error('it was not answered')));
    request.on('error', reject);
    request.end();
  });
}
