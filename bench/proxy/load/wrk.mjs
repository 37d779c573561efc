import path from 'node:path';
import {meter, runCommand} from './command.mjs';

const opensslConfiguration = path.resolve(import.meta.dirname, 'openssl.cnf');
const script = path.resolve(import.meta.dirname, 'report.lua');

/**
 * Loads a proxy with wrk. Resolves to `{requests, microseconds, bytes, failed, p50Microseconds, cpuMicroseconds}`, where
 * `failed` counts broken connections, timeouts and answers that are not 2xx or 3xx. With `upload` every request carries
 * that many bytes.
 */
export async function runWrk(
  subject,
  {connections, threads = 1, seconds, path: target = '/', headers = {}, upload, cpu},
) {
  const amount = ['-c', connections, '-t', threads, '-d', seconds, '--timeout', 10];
  const fields = Object.entries({...subject.headers, ...headers}).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ]);
  const body = upload === undefined ? [] : ['--', upload];
  const args = [...amount, ...fields, '-s', script, `https://localhost:${subject.port}${target}`, ...body].map(String);
  const env = {OPENSSL_CONF: opensslConfiguration};
  const {result, cpuMicroseconds} = await meter(subject.pid, () => runCommand({cpu, file: 'wrk', args, env}));
  return {...parseReport(result), cpuMicroseconds};
}

function parseReport(output) {
  const report = /^report (\{.*\})$/m.exec(output)?.[1];
  if (report === undefined) throw new Error(`wrk printed no report: ${output.trim()}`);
  return JSON.parse(report);
}
