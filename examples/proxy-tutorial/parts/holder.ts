// A process that holds the listening ports while the workers that serve them come and go. node:cluster does the holding:
// what a worker listens on belongs to the process that forked it, and is closed when no worker is left that listens. A new
// worker begins before the old one ends, so a connection that comes in between finds the port open.

import cluster, {type Worker} from 'node:cluster';

/** Starts a worker; another one on SIGHUP, which takes over as soon as it has said `ready`; SIGTERM ends everything. */
export function holdPorts(): void {
  const ready = new Set<Worker>();
  const ending = new Set<Worker>();
  let isStopping = false;

  // Once only: a worker that is told again is killed by it.
  function end(worker: Worker): void {
    if (ending.has(worker)) return;
    ending.add(worker);
    worker.process.kill('SIGTERM');
  }

  cluster.on('message', (worker, message) => {
    if (message !== 'ready') return;
    for (const older of ready) end(older);
    ready.add(worker);
    console.log(`worker ${worker.process.pid} has taken over`);
  });

  cluster.on('exit', worker => {
    ending.delete(worker);
    const hasServed = ready.delete(worker);
    if (ready.size > 0 || isStopping) return;
    // One that has served and died is replaced; one that could not even start would not be helped by that.
    if (hasServed) cluster.fork();
    else process.exitCode = 1;
  });

  function stop(): void {
    isStopping = true;
    for (const worker of Object.values(cluster.workers ?? {})) if (worker) end(worker);
  }

  process.on('SIGHUP', () => void (isStopping || cluster.fork()));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  cluster.fork();
}
