import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {pinned, readUsage, track} from '../process.mjs';

const MOST_OUTPUT_BYTES = 64 * 2 ** 20;

/** Runs a load tool to its end on one core and resolves to what it printed. */
export async function runCommand({cpu, file, args, env}) {
  const command = pinned(cpu, file, args);
  const options = {env: {...process.env, ...env}, maxBuffer: MOST_OUTPUT_BYTES};
  const running = promisify(execFile)(command.file, command.args, options);
  track(running.child);
  const {stdout} = await running;
  return stdout;
}

/** Runs a load and tells how much processor time the process and its descendants spent meanwhile, in microseconds. */
export async function meter(pid, load) {
  const before = readUsage(pid);
  const result = await load();
  return {result, cpuMicroseconds: readUsage(pid).cpuMicroseconds - before.cpuMicroseconds};
}

/** One measurement: a value, the proxy's processor time per request, and how much of its core it had used. */
export const createSample = ({value, requests, microseconds, cpuMicroseconds, failed = 0}) => ({
  value,
  cpuMicrosecondsPerRequest: cpuMicroseconds / requests,
  busy: cpuMicroseconds / microseconds,
  requests,
  failed,
});
