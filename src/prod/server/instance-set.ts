// The instances of one release: each is an app of its own to the supervisor, numbered from 1.

import {upstreamOf} from '../../proxy/local-upstream.js';
import type {Upstream} from '../../proxy/upstream.js';
import type {GivenSecrets} from '../../secrets/given-secrets.js';
import type {Exit, Instance} from '../../supervisor/instance.js';
import type {LaunchSpec} from '../../supervisor/launch-spec.js';
import {SHOWN_LINES} from '../../supervisor/start-error.js';
import type {Supervisor} from '../../supervisor/supervisor.js';
import {type LaunchPlace, launchSpecOf} from './launch.js';
import type {RunnableRelease} from './loaded-release.js';

export type InstanceSet = {
  readonly release: RunnableRelease;
  /** Starts those of the first `count` that do not run; resolves when all are ready. Rejects with the first StartError. */
  grow(count: number): Promise<readonly Upstream[]>;
  /** Ends those above `count` when their requests are done. */
  shrink(count: number): Promise<void>;
  /** Where a request may go at once. */
  ready(): readonly Upstream[];
  /** The one of them with the smallest load, the first of several; undefined when none is ready. Makes nothing. */
  leastBusy(loadOf: (upstream: Upstream) => number): Upstream | undefined;
  /** Starts what is missing of the first `count`, at least one; resolves with the first that is ready. */
  wake(count: number): Promise<Upstream>;
  /** Has a new process follow each that runs, one after the other. */
  restart(): Promise<void>;
  /**
   * Has those that are started from now on get these secrets, and a new process with them follow each that runs, one after
   * the other. Rejects when one does not become ready; all have the secrets from before then.
   */
  renew(secrets: GivenSecrets | undefined): Promise<void>;
  /** All that run or were to. */
  instances(): readonly NumberedInstance[];
  /** How one of them that had been ready ended by itself, if one did. */
  crash(): Crash | undefined;
};

export type NumberedInstance = {readonly number: number; readonly instance: Instance};

/** An end that nobody asked for, and the last lines of output. */
export type Crash = {readonly exit: Exit; readonly lines: readonly string[]};

export type InstanceSetOptions = {
  readonly release: RunnableRelease;
  readonly place: LaunchPlace;
  readonly supervisor: Pick<Supervisor, 'start' | 'restart' | 'serving' | 'instance' | 'lastCrash' | 'logs' | 'forget'>;
  /** Resolves when nothing is in flight on that upstream, or the time is over. */
  readonly drain: (upstream: Upstream, graceMs: number) => Promise<void>;
  /** The numbers of those that run already: taken over from the server process before this one. */
  readonly running?: readonly number[];
};

export function createInstanceSet({
  release,
  supervisor,
  drain,
  running = [],
  ...given
}: InstanceSetOptions): InstanceSet {
  let {place} = given;
  /** Those that run or are to; one on its way out is not among them. */
  const numbers = new Set(running);
  /** Their names, in order: asked for by every request. */
  let names: readonly string[] | undefined;
  const specs = new Map<number, LaunchSpec>();

  function specOf(number: number): LaunchSpec {
    const spec = specs.get(number) ?? launchSpecOf(release, number, place);
    specs.set(number, spec);
    return spec;
  }
  const nameOf = (number: number): string => specOf(number).app;

  async function start(number: number): Promise<Upstream> {
    numbers.add(number);
    names = undefined;
    return upstreamOf(await supervisor.start(specOf(number)));
  }

  function give(secrets: GivenSecrets | undefined): void {
    place = {...place, secrets};
    specs.clear();
  }

  async function renew(secrets: GivenSecrets | undefined): Promise<void> {
    const before = place.secrets;
    const begun: number[] = [];
    give(secrets);
    try {
      for (const number of sorted()) {
        if (supervisor.instance(nameOf(number)).state === 'stopped') continue;
        begun.push(number);
        await supervisor.restart(specOf(number));
      }
    } catch (error) {
      give(before);
      for (const number of begun) await supervisor.restart(specOf(number)).catch(() => undefined);
      throw error;
    }
  }

  async function end(number: number): Promise<void> {
    const served = supervisor.serving(nameOf(number));
    numbers.delete(number);
    names = undefined;
    if (served) await drain(upstreamOf(served), release.manifest.process.graceMs);
    // It may have been asked for again meanwhile.
    if (!numbers.has(number)) await supervisor.forget(nameOf(number));
  }

  function crashOf(number: number): readonly Crash[] {
    const exit = supervisor.lastCrash(nameOf(number));
    if (!exit) return [];
    const output = supervisor
      .logs(nameOf(number))
      .last(LOOKED_AT)
      .filter(({stream}) => stream !== 'tako');
    return [{exit, lines: output.slice(-SHOWN_LINES).map(({text}) => text)}];
  }

  const sorted = (): number[] => [...numbers].sort((a, b) => a - b);
  return {
    release,
    grow: count => Promise.all(range(count).map(start)),
    shrink: async count =>
      void (await Promise.all(
        sorted()
          .filter(number => number > count)
          .map(end),
      )),
    ready: () =>
      sorted().flatMap(number => {
        const served = supervisor.serving(nameOf(number));
        return served ? [upstreamOf(served)] : [];
      }),
    leastBusy(loadOf) {
      names ??= sorted().map(nameOf);
      let best: Upstream | undefined;
      let least = Number.POSITIVE_INFINITY;
      for (const name of names) {
        const served = supervisor.serving(name);
        if (served === undefined) continue;
        const upstream = upstreamOf(served);
        const load = names.length === 1 ? 0 : loadOf(upstream);
        if (load >= least) continue;
        best = upstream;
        least = load;
      }
      return best;
    },
    wake: count => Promise.any(range(Math.max(count, 1)).map(start)).catch(throwFirst),
    async restart() {
      for (const number of sorted()) await supervisor.restart(specOf(number));
    },
    renew,
    crash: () => sorted().flatMap(crashOf)[0],
    instances: () => sorted().map(number => ({number, instance: supervisor.instance(nameOf(number))})),
  };
}

/** Lines of a log, in which those of the server's own are among the output. */
const LOOKED_AT = 2 * SHOWN_LINES;

/** 1 to `count`. */
const range = (count: number): number[] => Array.from({length: count}, (_, index) => index + 1);

function throwFirst(error: unknown): never {
  throw error instanceof AggregateError ? error.errors[0] : error;
}
