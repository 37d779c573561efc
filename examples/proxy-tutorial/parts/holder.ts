// A process that holds the listening ports while the workers that serve them come and go. node:cluster does the holding:
// what a worker listens on belongs to the process that forked it, so a connection that comes while one worker ends and
// the next one begins waits in a port that was never closed.

import cluster, {type Worker} from 'node:cluster';

const workers = (): Worker[] => Object.values(cluster.workers ?? {}).filter(worker => worker !== undefined);

/** Starts a worker; another one on SIGHUP, which takes over as soon as it has said `ready`; SIGTERM ends everything. */
export function holdPorts(): void {
  const ready = new Set<number>();
  let isStopping = false;

  cluster.on('message', ({id}, message) => {
    if (message !== 'ready') return;
    ready.add(id);
    for (const worker of workers()) if (worker.id < id) worker.process.kill('SIGTERM');
  });

  cluster.on('exit', ({id}) => {
    const wasReady = ready.delete(id);
    if (workers().length > 0) return;
    // One that has served and died is replaced; one that cannot even start would not be helped by that.
    if (wasReady && !isStopping) cluster.fork();
    else process.exitCode = isStopping ? 0 : 1;
  });

  function stop(): void {
    isStopping = true;
    for (const worker of workers()) worker.process.kill('SIGTERM');
  }

  process.on('SIGHUP', () => void (isStopping || cluster.fork()));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  cluster.fork();
}
