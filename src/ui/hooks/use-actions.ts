import {useState} from 'react';
import type {DevActions, DevOutcome} from '../dev-session.js';
import type {KeyAction} from '../keys.js';
import {useFlash} from './use-flash.js';
import {useKeys} from './use-keys.js';

export type ActionsOptions = {
  readonly actions: DevActions;
  /** What there is to open and copy. */
  readonly url: string | undefined;
  readonly leave: (outcome: DevOutcome) => void;
};

export type ActionsView = {
  /** The answer to the last key, for a moment. */
  readonly flash: string | undefined;
  readonly isHelpOpen: boolean;
};

/** Does what the keys ask for. */
export function useActions({actions, url, leave}: ActionsOptions): ActionsView {
  const [flash, showFlash] = useFlash();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const withUrl = (act: (url: string) => void): void => (url === undefined ? showFlash('no address yet') : act(url));
  const perform: Readonly<Record<KeyAction, () => void>> = {
    restart: () => {
      actions.restart();
      showFlash('restarting');
    },
    open: () =>
      withUrl(url => {
        actions.open(url);
        showFlash(`opening ${url}`);
      }),
    copy: () =>
      withUrl(async url => showFlash((await actions.copy(url)) ? `copied ${url}` : 'no clipboard tool was found')),
    background: () => leave('background'),
    help: () => setHelpOpen(isOpen => !isOpen),
    stop: () => leave('stop'),
  };
  useKeys(action => perform[action]());
  return {flash, isHelpOpen};
}
