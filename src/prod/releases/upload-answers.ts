// What the receiver of an upload says on the way back: JSON lines, the last of which is `done` or `problem`.

import type {Readable, Writable} from 'node:stream';
import type {Problem} from '../../control/events.js';
import {fromProblem} from '../../control/protocol.js';
import {uploadCut, uploadInvalid} from './upload-frames.js';

export type UploadAnswer =
  /** Objects that are kept by now, of those sent. */
  {readonly received: number} | {readonly done: true; readonly received: number} | {readonly problem: Problem};

export type AnswerWriter = {
  /** Says the count now, or, while the other side does not read, the last one when it does again. */
  received(count: number): void;
  last(answer: Extract<UploadAnswer, {done: true} | {problem: Problem}>): void;
};

/** Never holds more than one count back, however slow the other side reads. */
export function createAnswerWriter(output: Writable): AnswerWriter {
  let waiting: number | undefined;
  let isFull = false;
  const write = (answer: UploadAnswer): void => {
    if (output.writable) isFull = !output.write(`${JSON.stringify(answer)}\n`);
  };
  output.on('drain', () => {
    isFull = false;
    if (waiting !== undefined) write({received: waiting});
    waiting = undefined;
  });
  return {
    received(count) {
      if (isFull) waiting = count;
      else write({received: count});
    },
    last(answer) {
      waiting = undefined;
      write(answer);
    },
  };
}

/** A problem with its details is a few kilobytes. */
const MAX_ANSWER_CHARACTERS = 1024 * 1024;

/**
 * Reads answers to the last one. Throws what the receiver had against the upload, UPLOAD_CUT when the answers end
 * before, and UPLOAD_INVALID for what is none.
 */
export async function readAnswers(input: Readable, onReceived: (count: number) => void): Promise<number> {
  let buffered = '';
  // Not destroyed at the end: the connection may have other uses.
  for await (const chunk of input.iterator({destroyOnReturn: false})) {
    const lines = (buffered + chunk).split('\n');
    buffered = lines.pop() ?? '';
    if (buffered.length > MAX_ANSWER_CHARACTERS) throw uploadInvalid('an answer is too long');
    for (const line of lines) {
      const answer = parseAnswer(line);
      if ('problem' in answer) throw fromProblem(answer.problem);
      onReceived(answer.received);
      if ('done' in answer) return answer.received;
    }
  }
  throw uploadCut();
}

function parseAnswer(line: string): UploadAnswer {
  try {
    const answer = Object(JSON.parse(line)) as Partial<{received: unknown; problem: Problem}>;
    if (typeof answer.problem?.code === 'string' || Number.isSafeInteger(answer.received))
      return answer as UploadAnswer;
  } catch {
    // Said below.
  }
  throw uploadInvalid('an answer to it is not what was expected');
}
