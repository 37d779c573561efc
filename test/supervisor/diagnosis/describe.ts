import {readFileSync} from 'node:fs';
import {type Facts, NO_FACTS} from '../../../src/supervisor/diagnosis/facts.js';
import type {LaunchSpec} from '../../../src/supervisor/launch-spec.js';

export const specWith = (changes: Partial<LaunchSpec> = {}): LaunchSpec => ({
  app: 'web',
  command: ['node', 'server.js'],
  directory: '/web',
  environment: {},
  bootstrap: {token: '', secrets: {}, storages: {}},
  ready: 'any',
  port: undefined,
  restart: 'start-first',
  readyTimeoutMs: 30_000,
  graceMs: 10_000,
  ...changes,
});

/** What a program really wrote, on stdout and stderr; its folder was `/web`. */
export const capturedOutput = (name: string): readonly string[] =>
  readFileSync(new URL(`../../fixtures/output/${name}.txt`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');

export const exitedWith = (code: number) => ({outcome: 'exited', exit: {code, signal: null}}) as const;

export const TIMED_OUT = {outcome: 'timed-out', isPipeClosed: false, listeners: []} as const;

export const factsWith = (changes: Partial<Facts>): Facts => ({...NO_FACTS, ...changes});
