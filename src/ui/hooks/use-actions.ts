import {useState} from 'react';
import type {AppStatus} from '../../control/events.js';
import type {DevActions, DevOutcome} from '../dev-session.js';
import type {KeyAction} from '../keys.js';
import {useFlash} from './use-flash.js';
import {useKeys} from './use-keys.js';

export type ActionsOptions = {
  readonly apps: readonly string[];
  readonly actions: DevActions;
  /** What there is to open and copy. */
  readonly statuses: ReadonlyMap<string, AppStatus>;
  readonly leave: (outcome: DevOutcome) => void;
};

export type ActionsView = {
  /** The answer to the last key, for a moment. */
  readonly flash: string | undefined;
  readonly isHelpOpen: boolean;
  /** The app that the keys are about. */
  readonly focused: string;
};

/** Does what the keys ask for. */
export function useActions({apps, actions, statuses, leave}: ActionsOptions): ActionsView {
  const [flash, showFlash] = useFlash();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [focus, setFocus] = useState(0);
  const nameOf = (place: number): string => apps[place] ?? '';
  const withUrl = (app: string, act: (url: string) => void): void => {
    const url = statuses.get(app)?.url;
    if (url === undefined) showFlash('no address yet');
    else act(url);
  };
  const perform: Readonly<Record<KeyAction, (app: string) => void>> = {
    restart: app => {
      actions.restart(app);
      showFlash(apps.length > 1 ? `restarting ${app}` : 'restarting');
    },
    open: app =>
      withUrl(app, url => {
        actions.open(url);
        showFlash(`opening ${url}`);
      }),
    copy: app =>
      withUrl(app, async url => showFlash((await actions.copy(url)) ? `copied ${url}` : 'no clipboard tool was found')),
    background: () => leave('background'),
    help: () => setHelpOpen(isOpen => !isOpen),
    stop: () => leave('stop'),
  };
  useKeys({focus, apps: apps.length, setFocus, perform: (action, place) => perform[action](nameOf(place))});
  return {flash, isHelpOpen, focused: nameOf(focus)};
}
