import {Readable} from 'node:stream';
import type {Endpoint} from '../../supervisor/endpoint.js';
import type {Exit} from '../../supervisor/instance.js';
import type {LaunchSpec} from '../../supervisor/launch-spec.js';
import type {GroupEnd} from '../../supervisor/process-group.js';
import {createSigns} from '../../supervisor/readiness-signs.js';
import {createListenerList, NO_REPORTS} from '../../supervisor/report-channel.js';
import type {SpawnedApp} from '../../supervisor/spawn.js';
import type {OutputStream} from './output-buffer.js';
import type {HolderMessage} from './protocol.js';
import {exitOf} from './wire.js';

/** What is known of a process when it is spawned or handed over. */
export type AppFacts = (HolderMessage & {type: 'running'})['app'];

export type OfApp = Exclude<Extract<HolderMessage, {instance: string}>, {type: 'leave'}>;

/** How the holder is asked about one app. */
export type AppCalls = {
  taken(sequence: number): void;
  listensOn(endpoint: Endpoint): void;
  end(graceMs: number): Promise<GroupEnd>;
  kill(): void;
  close(): void;
};

export type RemoteApp = {
  readonly app: SpawnedApp;
  /** What the holder tells of it. */
  take(message: OfApp): void;
};

/** A process that is the holder's child, as if it were ours. */
export function createRemoteApp(facts: AppFacts, spec: LaunchSpec, calls: AppCalls): RemoteApp {
  const outputs: Record<OutputStream, LineStream> = {
    stdout: createLineStream(calls.taken),
    stderr: createLineStream(calls.taken),
  };
  const pipe = new Readable({read: () => {}});
  const reports = createListenerList();
  const over = new AbortController();
  let received = 0;
  let isPipeEnded = false;
  let resolveExited: (exit: Exit) => void = () => {};
  const exited = new Promise<Exit>(resolve => {
    resolveExited = resolve;
  });

  const takePipe = (text: string, isEnded: boolean): void => {
    if (isPipeEnded || over.signal.aborted) return;
    if (text.length > received) pipe.push(Buffer.from(text.slice(received), 'latin1'));
    received = Math.max(received, text.length);
    isPipeEnded = isEnded;
    if (isEnded) pipe.push(null);
  };
  const signs = createSigns({
    pipe,
    port: facts.port,
    isPinned: spec.port !== undefined,
    reports: facts.port === undefined ? NO_REPORTS : reports,
    over: over.signal,
  });
  return {
    app: {
      pid: facts.pid,
      instanceId: facts.instance,
      stdout: outputs.stdout.stream,
      stderr: outputs.stderr.stream,
      exited,
      reservedPort: facts.reservedPort,
      signs,
      listensOn: calls.listensOn,
      end: graceMs => calls.end(graceMs),
      kill: calls.kill,
      close: () => {
        over.abort();
        for (const stream of [outputs.stdout.stream, outputs.stderr.stream, pipe]) stream.destroy();
        calls.close();
      },
    },
    take: message => {
      if (message.type === 'output') outputs[message.stream].push(message.text, message.sequence);
      else if (message.type === 'output-end') outputs[message.stream].end();
      else if (message.type === 'pipe') takePipe(message.text, message.isEnded);
      else if (message.type === 'listeners') reports.set(message.listeners);
      else resolveExited(exitOf(message.exit));
    },
  };
}

type LineStream = {
  readonly stream: Readable;
  push(text: string, sequence: number): void;
  end(): void;
};

/** Lines as a stream of bytes; each is taken when whoever reads has room for more. */
function createLineStream(taken: (sequence: number) => void): LineStream {
  let untold = 0;
  let isEnded = false;
  const tell = (): void => {
    if (untold > 0) taken(untold);
    untold = 0;
  };
  let isTelling = false;
  /** Once for all that came in one piece. */
  const tellSoon = (): void => {
    if (isTelling) return;
    isTelling = true;
    queueMicrotask(() => {
      isTelling = false;
      tell();
    });
  };
  const stream = new Readable({read: tell});
  return {
    stream,
    push: (text, sequence) => {
      if (stream.destroyed || isEnded) return taken(sequence);
      untold = sequence;
      if (stream.push(`${text}\n`)) tellSoon();
    },
    end: () => {
      if (isEnded || stream.destroyed) return;
      isEnded = true;
      stream.push(null);
    },
  };
}
