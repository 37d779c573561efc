// An app's process in the hands of the holder: what it writes, where it listens and how it ends is told to the server
// processes that know of it, and kept for those to come.

import type {ChildApp} from '../../supervisor/child-app.js';
import type {Endpoint} from '../../supervisor/endpoint.js';
import type {Exit} from '../../supervisor/instance.js';
import type {LaunchSpec} from '../../supervisor/launch-spec.js';
import {takeLines} from '../../supervisor/output.js';
import type {GroupEnd} from '../../supervisor/process-group.js';
import {MAX_READY_LINE_BYTES} from '../../supervisor/readiness.js';
import type {Clock} from '../../system/clock.js';
import type {HeldAppState, InheritedAppState} from './handover-table.js';
import {descriptorsOf} from './inherited-app.js';
import type {Isolation} from './isolation.js';
import {createOutputBuffer, type OutputSink} from './output-buffer.js';
import type {HolderMessageInput, WireSpec} from './protocol.js';
import {wireIsolation} from './wire.js';

/** The way to one server process. */
export type Link = {
  readonly pid: number;
  /** It has gone, and is told nothing any more. */
  readonly isGone: boolean;
  send(message: HolderMessageInput): void;
  /** Resolves when it has read most of what it was sent, or has gone. */
  drained(): Promise<void>;
};

export type HeldApp = {
  readonly id: string;
  readonly pid: number;
  /** As whom it runs; undefined: as this process. */
  readonly uid: number | undefined;
  readonly spec: LaunchSpec;
  /** It is to end, or has been ended: nobody takes it over. */
  readonly isEnding: boolean;
  /** It goes over to the next server process; else it ends with the one that started it. */
  readonly isHandedOver: boolean;
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
  /** Our ends of its pipes, by name: those that are open. */
  descriptors(): ReadonlyMap<string, number>;
  /** Reads nothing more of it from this moment on. */
  suspend(): HeldAppState;
  resume(): void;
  /** Goes on with links that knew it before. */
  rejoin(watchers: readonly Link[], owner: Link | undefined): void;
};

export type HeldAppFacts = {
  readonly app: ChildApp;
  readonly spec: LaunchSpec;
  readonly wire: WireSpec;
  readonly isolation: Isolation;
  readonly meta: unknown;
  readonly isHandedOver: boolean;
  /** What the holder before has left. */
  readonly before?: InheritedAppState;
  /** How often its group had had no memory when it was started. */
  readonly killsBefore: number;
  /** Says what is known of an end beside its code. */
  readonly explainExit: (exit: Exit) => Promise<Exit>;
  readonly clock: Clock;
};

export function holdApp(facts: HeldAppFacts): HeldApp {
  const {app, spec, wire, isolation, meta, isHandedOver, before, killsBefore, explainExit, clock} = facts;
  const {pid, instanceId: id, signs, streams} = app;
  const startedAt = before?.startedAt ?? clock.now();
  const output = createOutputBuffer(undefined, before?.output);
  const watchers = new Set<Link>();
  const over = new AbortController();
  let owner: Link | undefined;
  let endpoint: Endpoint | undefined = before?.endpoint;
  let written = before?.written ?? '';
  let isPipeEnded = before?.isPipeEnded ?? false;
  let exit: Exit | undefined;
  /** Its end as the system tells it. */
  let ended: Exit | undefined;
  let ending: Promise<GroupEnd> | undefined = before?.groupEnd && Promise.resolve(before.groupEnd);
  let groupEnd: GroupEnd | undefined = before?.groupEnd;
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
    isEnded: isPipeEnded,
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

  const intakes = {stdout: readOutput('stdout'), stderr: readOutput('stderr')};
  function readOutput(name: 'stdout' | 'stderr') {
    const left = before?.[name];
    const onLine = (line: string): void => output.append(name, line);
    const intake = takeLines(app[name], onLine, {room: output.room, ...(left ? {before: left} : {})});
    void intake.ended.then(() => output.end(name));
    return intake;
  }

  signs.pipe.on('data', (chunk: Buffer) => {
    // What is longer than a port is not one, and how it goes on does not matter.
    if (written.length > MAX_READY_LINE_BYTES) return;
    written = (written + chunk.toString('latin1')).slice(0, MAX_READY_LINE_BYTES + 1);
    broadcast(pipeMessage());
  });
  signs.pipe.once('end', () => {
    isPipeEnded = true;
    broadcast(pipeMessage());
  });
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

  const exited = app.exited.then(async plain => {
    ended = plain;
    const explained = await explainExit(plain).catch(() => plain);
    exit = explained;
    broadcast(exitMessage(explained));
    return explained;
  });
  const sinkOf = (link: Link): OutputSink => ({
    line: ({sequence, stream, text}) => link.send({type: 'output', instance: id, sequence, stream, text}),
    end: stream => link.send({type: 'output-end', instance: id, stream}),
  });

  const tell = (link: Link): void => {
    if (link.isGone) return;
    watchers.add(link);
    link.send(pipeMessage());
    link.send(listenersMessage());
    if (exit) link.send(exitMessage(exit));
  };
  const describe = () => ({
    instance: id,
    pid,
    reservedPort: app.reservedPort ?? null,
    port: signs.port ?? null,
  });
  return {
    id,
    pid,
    uid: isolation.uid,
    spec,
    isHandedOver,
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
      output.direct(sinkOf(link));
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
    facts: describe,
    describe: () => ({
      type: 'running',
      app: describe(),
      spec: wire,
      meta: meta ?? null,
      startedAt,
      endpoint: endpoint ?? null,
    }),
    end: graceMs => {
      ending ??= leftByOthers().then(async () => {
        groupEnd = await app.end(graceMs, clock);
        return groupEnd;
      });
      return ending;
    },
    kill: () => app.kill(),
    close: () => {
      over.abort();
      output.direct(undefined);
      app.close();
    },
    descriptors: () => descriptorsOf(streams),
    suspend: () => ({
      ...{instance: id, pid, spec: wire, isolation: wireIsolation(isolation), meta: meta ?? null, startedAt},
      ...{killsBefore, isHandedOver},
      ...{written, isPipeEnded, endpoint, groupEnd, port: signs.port},
      exit: ended,
      output: output.state(),
      stdout: intakes.stdout.suspend(),
      stderr: intakes.stderr.suspend(),
      bootstrap: streams.bootstrap?.rest().toString('base64'),
      report: app.reportIntake && {...app.reportIntake.suspend(), file: streams.report?.file ?? ''},
      owner: owner?.pid,
      watchers: [...watchers].map(link => link.pid),
    }),
    resume: () => {
      for (const intake of [intakes.stdout, intakes.stderr, app.reportIntake]) intake?.resume();
    },
    rejoin: (links, next) => {
      for (const link of links) tell(link);
      owner = next;
      if (next) output.resume(sinkOf(next));
    },
  };
}
