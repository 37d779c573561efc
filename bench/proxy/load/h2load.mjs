import {readFileSync, rmSync} from 'node:fs';
import path from 'node:path';
import {CIPHER} from './cipher.mjs';
import {meter, runCommand} from './command.mjs';

/**
 * Loads a proxy with h2load. `amount` are its options for connections, streams, time and rate. Resolves to
 * `{requests, microseconds, failed, cpuMicroseconds}`; a proxy that agreed on another protocol than asked for is an error.
 */
export async function runH2load(subject, {amount, protocol, headers = {}, cpu, logFile}) {
  const name = subject.host;
  const kind = protocol === 'h2' ? ['--npn-list=h2'] : ['--h1'];
  const fields = Object.entries(headers).flatMap(([field, value]) => ['-H', `${field}: ${value}`]);
  const log = logFile === undefined ? [] : [`--log-file=${logFile}`];
  const address = [`--connect-to=127.0.0.1:${subject.port}`, `https://${name}:${subject.port}/`];
  const args = [...amount, ...kind, ...fields, ...log, '-t1', `--tls13-ciphers=${CIPHER}`, ...address].map(String);
  const {result, cpuMicroseconds} = await meter(subject.pid, () => runCommand({cpu, file: 'h2load', args}));
  return {...parseSummary(result, protocol), cpuMicroseconds};
}

/** Like `runH2load`, with how long each good answer took, in microseconds, in ascending order. */
export async function runH2loadTimed(subject, options, folder) {
  const logFile = path.join(folder, 'h2load.log');
  rmSync(logFile, {force: true});
  const summary = await runH2load(subject, {...options, logFile});
  return {...summary, times: parseTimes(readFileSync(logFile, 'utf8'))};
}

function parseSummary(output, protocol) {
  const agreed = /^Application protocol: (\S+)/m.exec(output)?.[1];
  if (agreed !== protocol) throw new Error(`h2load asked for ${protocol} and spoke ${agreed ?? 'nothing'}`);
  const [, amount, unit] = /^finished in ([\d.]+)(us|ms|s|m)/m.exec(output) ?? [];
  const [, good] = /, (\d+) succeeded,/.exec(output) ?? [];
  const [, failed] = /, (\d+) failed,/.exec(output) ?? [];
  return {requests: Number(good), failed: Number(failed), microseconds: Number(amount) * MICROSECONDS[unit]};
}

const MICROSECONDS = {us: 1, ms: 1_000, s: 1_000_000, m: 60_000_000};

/** Lines are start, status and duration, separated by tabs. */
function parseTimes(log) {
  const rows = log
    .trimEnd()
    .split('\n')
    .map(line => line.split('\t'));
  return Float64Array.from(
    rows.filter(([, status]) => status === '200').map(([, , duration]) => Number(duration)),
  ).sort();
}
