/** How a step of a build or a deploy begins and ends. */
export type StepTiming =
  | {readonly type: 'started'}
  | {readonly type: 'done'; readonly elapsedMs: number; readonly note: string | null}
  | {readonly type: 'failed'};

export type StepWatcher = {readonly tell: (timing: StepTiming) => void; readonly signal: AbortSignal};

/** Does a step, and tells when it begins and how it ended. One that is interrupted does not fail. `noteOf`: what came of it. */
export async function timeStep<T>(
  {tell, signal}: StepWatcher,
  work: () => Promise<T>,
  noteOf: (result: T) => string | null = () => null,
): Promise<T> {
  const startedAt = performance.now();
  tell({type: 'started'});
  try {
    const result = await work();
    tell({type: 'done', elapsedMs: Math.round(performance.now() - startedAt), note: noteOf(result)});
    return result;
  } catch (error) {
    if (!signal.aborted) tell({type: 'failed'});
    throw error;
  }
}
