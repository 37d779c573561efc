import type {Effect} from '../effects.js';
import {type ScreenState, type Step, withFlash} from '../screen-state.js';

/** What a key does. It is told which one was typed. */
export type Action = (state: ScreenState, key: string) => Step;

/** On to that state, with what is to be done. */
export const step = (state: ScreenState, ...effects: readonly Effect[]): Step => ({state, effects});

/** Only says something. */
export const say = (state: ScreenState, text: string, ...effects: readonly Effect[]): Step =>
  step(withFlash(state, text), ...effects);

/** An action that only changes the screen. */
export const change =
  (next: (state: ScreenState, key: string) => ScreenState): Action =>
  (state, key) =>
    step(next(state, key));
