import {useInput, usePaste} from 'ink';
import {actionsFor, focusAfter, type KeyAction} from '../keys.js';

export type KeysOptions = {
  /** The place of the app that the keys are about. */
  readonly focus: number;
  /** How many there are. */
  readonly apps: number;
  readonly setFocus: (focus: number) => void;
  /** Does it for the app at that place. */
  readonly perform: (action: KeyAction, focus: number) => void;
};

/** Calls back for each key that means something. */
export function useKeys({focus, apps, setFocus, perform}: KeysOptions): void {
  useInput((input, key) => {
    const next = focusAfter(focus, input, key, apps);
    setFocus(next);
    for (const action of actionsFor(input, key)) perform(action, next);
  });
  // Text pasted by mistake would be read as keys, `q` among them.
  usePaste(() => {});
}
