import {listenForInterruption} from '../../system/interruption.js';
import {printJson, printNote} from '../output.js';
import {decideWanted} from './answers.js';
import type {InitFlags} from './init-flags.js';
import {describeOutcome, renderOutcome} from './outcome.js';
import {planFiles} from './plan.js';
import {writeProjectTypes} from './project-types.js';
import {type PlannedFile, writeFiles} from './write-files.js';

/** Makes a folder a project: writes a tako.toml for the app that is there, or a new app from a template. */
export async function init(directory: string | undefined, flags: InitFlags): Promise<void> {
  const wanted = await decideWanted(directory, flags);
  const files = await planFiles(wanted);
  await write(files);
  const types = await writeProjectTypes(wanted.target.folder, files);
  const outcome = await describeOutcome(wanted, [...files, ...types], flags);
  if (flags.json) printJson({ok: true, ...outcome});
  else printNote(renderOutcome(outcome));
}

async function write(files: readonly PlannedFile[]): Promise<void> {
  const interruption = listenForInterruption();
  try {
    await writeFiles(files, interruption.signal);
  } finally {
    interruption.close();
  }
}
