import {useInput, usePaste} from 'ink';
import {actionsFor, type KeyAction} from '../keys.js';

/** Calls back for each key that means something. */
export function useKeys(perform: (action: KeyAction) => void): void {
  useInput((input, key) => {
    for (const action of actionsFor(input, key)) perform(action);
  });
  // Text pasted by mistake would be read as keys, `q` among them.
  usePaste(() => {});
}
