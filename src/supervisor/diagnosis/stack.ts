// The last error with a stack that an app's output shows: what it says, and where in the user's own code it was.

import {ownPlace} from './code-place.js';
import {quote} from './output.js';
import type {Circumstances, Evidence} from './rule.js';

/** Finds the error as `error`, and as `place` the frame in the user's own code that is nearest to it, if there is one. */
export function findStack(circumstances: Circumstances): Evidence | undefined {
  let found: Evidence | undefined;
  for (const find of [javaScriptStack, pythonStack, goPanic, rustPanic]) {
    const evidence = find(circumstances);
    if (evidence && evidence.line >= (found?.line ?? 0)) found = evidence;
  }
  return found;
}

const FRAME = /^\s+at \S/;

/** An error's name and message: `TypeError: no`, `error: Uncaught (in promise) Error: no`, `AssertionError [ERR_X]: no`. */
const JAVASCRIPT_ERROR =
  /^(?:Uncaught )?(?:error: )?(?:Uncaught )?(?:\(in promise\) )?(?:Exception in thread "[^"]*" )?(?<error>[A-Za-z_$][\w.$]{0,100}(?: \[[A-Z_\d]+\])?: .*|[A-Z][\w.$]{0,100}(?:Error|Exception))$/;

/** Between an error's first line and its frames: further lines of its message, or the line that it is about. */
const MAX_LINES_BEFORE_FRAMES = 8;

function javaScriptStack(circumstances: Circumstances): Evidence | undefined {
  const {output} = circumstances;
  for (let line = output.length - 1; line > 0; line--) {
    if (!isFirstFrame(output, line)) continue;
    const start = errorAbove(output, line);
    if (start === undefined) continue;
    return evidence(
      start.line,
      start.error,
      firstPlace(circumstances, line, isFrame) ?? headerPlace(circumstances, start.line),
    );
  }
  return undefined;
}

const isFrame = (text: string): boolean => FRAME.test(text);
const isFirstFrame = (output: readonly string[], line: number): boolean =>
  isFrame(output[line] ?? '') && !isFrame(output[line - 1] ?? '');

function errorAbove(output: readonly string[], frame: number): {line: number; error: string} | undefined {
  for (let line = frame - 1; line >= Math.max(0, frame - MAX_LINES_BEFORE_FRAMES); line--) {
    const text = output[line] ?? '';
    if (isFrame(text)) return undefined;
    const error = JAVASCRIPT_ERROR.exec(text)?.groups?.error;
    if (error !== undefined && !WARNING.test(text)) return {line, error};
  }
  return undefined;
}

const WARNING = /Warning: /;

/** Node writes the place above an error that has no frame of the user's own: `/web/server.js:1`. */
function headerPlace(circumstances: Circumstances, error: number): string | undefined {
  for (let line = error - 1; line >= Math.max(0, error - MAX_LINES_BEFORE_FRAMES); line--) {
    const place = ownPlace(circumstances.output[line] ?? '', circumstances);
    if (place !== undefined) return place;
  }
  return undefined;
}

/** The innermost frame is the first. */
function firstPlace(
  circumstances: Circumstances,
  from: number,
  belongs: (text: string) => boolean,
): string | undefined {
  const {output} = circumstances;
  for (let line = from; line < output.length && belongs(output[line] ?? ''); line++) {
    const place = ownPlace(output[line] ?? '', circumstances);
    if (place !== undefined) return place;
  }
  return undefined;
}

/** The innermost frame is the last, and the error comes below it. */
function pythonStack(circumstances: Circumstances): Evidence | undefined {
  const {output} = circumstances;
  const start = output.lastIndexOf('Traceback (most recent call last):');
  if (start < 0) return undefined;
  const line = output.findIndex((text, index) => index > start && /^[A-Za-z_][\w.]{0,100}(?:: |$)/.test(text));
  if (line < 0) return undefined;
  const places = output.slice(start, line).map(text => ownPlace(text, circumstances));
  return evidence(
    line,
    output[line] ?? '',
    places.findLast(place => place !== undefined),
  );
}

function goPanic(circumstances: Circumstances): Evidence | undefined {
  const {output} = circumstances;
  const line = output.findLastIndex(text => /^(?:panic|fatal error): /.test(text));
  if (line < 0) return undefined;
  return evidence(
    line,
    output[line] ?? '',
    firstPlace(circumstances, line, () => true),
  );
}

function rustPanic(circumstances: Circumstances): Evidence | undefined {
  const {output} = circumstances;
  const line = output.findLastIndex(text => /^thread '[^']*'(?: \(\d+\))? panicked at /.test(text));
  if (line < 0) return undefined;
  return evidence(line + 1, output[line + 1] ?? '', ownPlace(output[line] ?? '', circumstances));
}

const evidence = (line: number, error: string, place: string | undefined): Evidence => ({
  line,
  words: {error: quote(error), ...(place === undefined ? {} : {place: quote(place)})},
});
