import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';
import {pinned, stop, track} from '../process.mjs';

/** Starts a load client of the bench's own, which reports as lines of JSON. `next()` resolves to the next of them. */
export function startClient({cpu, script, args}) {
  const command = pinned(cpu, process.execPath, [script, ...args.map(String)]);
  const child = track(spawn(command.file, command.args, {stdio: ['ignore', 'pipe', 'inherit']}));
  const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
  return {
    async next() {
      const {value, done} = await lines.next();
      if (done) throw new Error(`${script} ended early`);
      return JSON.parse(value);
    },
    close: () => stop(child),
  };
}
