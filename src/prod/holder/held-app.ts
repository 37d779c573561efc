// An app's process in the hands of the holder: what it writes, where it listens and how it ends is told to the server
// processes that know of it, and kept for those to come.

import type {Readable} from 'node:stream';
import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Endpoint} from '../../supervisor/endpoint.js';
import type {Exit} from '../../supervisor/instance.js';
import type {LaunchSpec} from '../../supervisor/launch-spec.js';
import {createLineReader, TURN_BYTES} from '../../supervisor/output.js';
import type {GroupEnd} from '../../supervisor/process-group.js';
import {MAX_READY_LINE_BYTES} from '../../supervisor/readiness.js';
import type {SpawnedApp} from '../../supervisor/spawn.js';
import type {Clock} from '../../system/clock.js';
import {createOutputBuffer, type OutputStream} from './output-buffer.js';
import type {HolderMessageInput, WireSpec} from './protocol.js';

/** The way to one server process. */
export type Link = {
  /** It has gone, and is told nothing any more. */
  readonly isGone: boolean;
  send(message: HolderMessageInput): void;
  /** Resolves when it has read most of what it was sent, or has gone. */
  drained(): Promise<void>;
};

export type HeldApp = {
  readonly id: string;
  readonly pid: number;
  readonly spec: LaunchSpec;
  /** It is to end, or has been ended: nobody takes it over. */
  readonly isEnding: boolean;
  readonly owner: Link | undefined;
  /** The leader's end, with its reason where that is known. */
  readonly exited: Promise<Exit>;
  /** The link is told of all that happens to it from here on. */
  tell(link: Link): void;
  /** As `tell`, and it gets the output, and decides. */
  giveTo(link: Link): void;
  /** Its output stays here until it is given to somebody. */
  hold(): void;
  /** The link has gone. */
  leave(link: Link): void;
  /** None of the link's requests is under way there. */
  left(link: Link): void;
  listensOn(endpoint: Endpoint): void;
  taken(sequence: number): void;
  /** The message that hands it over. */
  describe(): HolderMessageInput & {type: 'running'};
  facts(): (HolderMessageInput & {type: 'running'})['app'];
  /**
   * Ends it when those who know it and do not own it have finished their requests there: each of them does so in a time of
   * its own, or is ended itself.
   */
  end(graceMs: number): Promise<GroupEnd>;
  kill(): void;
  /** Lets go of its pipes. */
  close(): void;
};

export type HeldAppFacts = {
  readonly app: SpawnedApp;
  readonly spec: LaunchSpec;
  readonly wire: WireSpec;
  readonly meta: unknown;
  /** Says what is known of an end beside its code. */
  readonly explainExit: (exit: Exit) => Promise<Exit>;
  readonly clock: Clock;
};

export function holdApp({app, spec, wire, meta, explainExit, clock}: HeldAppFacts): HeldApp {
  const {pid, instanceId: id, signs} = app;
  const startedAt = clock.now();
  const output = createOutputBuffer();
  const watchers = new Set<Link>();
  const over = new AbortController();
  let owner: Link | undefined;
  let endpoint: Endpoint | undefined;
  let written = '';
  let exit: Exit | undefined;
  let ending: Promise<GroupEnd> | undefined;
  /** Those who finish their requests there before it is ended. */
  const leaving = new Map<Link, () => void>();

  const settleLeaving = (link: Link): void => {
    leaving.get(link)?.();
    leaving.delete(link);
  };
  async function leftByOthers(): Promise<void> {
    const place = endpoint;
    if (place === undefined) return;
    const others = [...watchers].filter(link => link !== owner && !link.isGone);
    const all = others.map(link => new Promise<void>(resolve => leaving.set(link, resolve)));
    for (const link of others) link.send({type: 'leave', instance: id, endpoint: place, graceMs: spec.graceMs});
    // Nobody can finish anything where nothing runs.
    await Promise.race([Promise.all(all), app.exited]);
  }

  const broadcast = (message: HolderMessageInput): void => {
    for (const link of watchers) link.send(message);
  };
  const pipeMessage = (): HolderMessageInput => ({
    type: 'pipe',
    instance: id,
    text: written,
    isEnded: signs.pipe.readableEnded,
  });
  const listenersMessage = (): HolderMessageInput => ({
    type: 'listeners',
    instance: id,
    listeners: signs.reports
      .listeners()
      .map(({id: listener, host, port, isTls}) => ({id: listener, host, port, isTls})),
  });
  const exitMessage = ({code, signal, reason}: Exit): HolderMessageInput => ({
    type: 'exit',
    instance: id,
    exit: {code, signal, reason: reason ?? null},
  });

  void readOutput(app.stdout, 'stdout');
  void readOutput(app.stderr, 'stderr');
  async function readOutput(stream: Readable, name: OutputStream): Promise<void> {
    const reader = createLineReader(line => output.append(name, line));
    try {
      for await (const chunk of stream) {
        for (let start = 0; start < chunk.length; start += TURN_BYTES) {
          reader.write(chunk.subarray(start, start + TURN_BYTES));
          await nextTurn();
          await output.room();
        }
      }
    } catch {
      // A broken pipe, and our own closing, end the output like any other end.
    }
    reader.end();
    output.end(name);
  }

  signs.pipe.on('data', (chunk: Buffer) => {
    // What is longer than a port is not one, and how it goes on does not matter.
    if (written.length > MAX_READY_LINE_BYTES) return;
    written = (written + chunk.toString('latin1')).slice(0, MAX_READY_LINE_BYTES + 1);
    broadcast(pipeMessage());
  });
  signs.pipe.once('end', () => broadcast(pipeMessage()));
  signs.pipe.on('error', () => {});

  void followListeners().catch(() => {});
  /** Until it is closed. An app that reports without pause is read no faster than those who are told read. */
  async function followListeners(): Promise<never> {
    for (;;) {
      const version = signs.reports.version();
      await Promise.all([...watchers].map(link => link.drained()));
      await signs.reports.changedSince(version, over.signal);
      broadcast(listenersMessage());
    }
  }

  const exited = app.exited.then(async ended => {
    exit = await explainExit(ended).catch(() => ended);
    broadcast(exitMessage(exit));
    return exit;
  });

  const tell = (link: Link): void => {
    if (link.isGone) return;
    watchers.add(link);
    link.send(pipeMessage());
    link.send(listenersMessage());
    if (exit) link.send(exitMessage(exit));
  };
  const facts = () => ({
    instance: id,
    pid,
    reservedPort: app.reservedPort ?? null,
    port: signs.port ?? null,
  });
  return {
    id,
    pid,
    spec,
    get isEnding() {
      return ending !== undefined;
    },
    get owner() {
      return owner;
    },
    exited,
    tell,
    giveTo: link => {
      if (link.isGone) return;
      owner = link;
      tell(link);
      output.direct({
        line: ({sequence, stream, text}) => link.send({type: 'output', instance: id, sequence, stream, text}),
        end: stream => link.send({type: 'output-end', instance: id, stream}),
      });
    },
    hold: () => output.direct(undefined),
    left: settleLeaving,
    leave: link => {
      watchers.delete(link);
      settleLeaving(link);
      if (owner !== link) return;
      owner = undefined;
      output.direct(undefined);
    },
    listensOn: next => {
      endpoint = next;
    },
    taken: sequence => output.taken(sequence),
    facts,
    describe: () => ({
      type: 'running',
      app: facts(),
      spec: wire,
      meta: meta ?? null,
      startedAt,
      endpoint: endpoint ?? null,
    }),
    end: graceMs => {
      ending ??= leftByOthers().then(() => app.end(graceMs, clock));
      return ending;
    },
    kill: () => app.kill(),
    close: () => {
      over.abort();
      output.direct(undefined);
      app.close();
    },
  };
}
