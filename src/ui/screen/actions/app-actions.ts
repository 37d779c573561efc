// Keys about an app, and about which one is looked at.

import {type Apps, chosenApp, moveChoice, showAll, statusOf, toggleHidden, toggleOnly, typeDigit} from '../apps.js';
import type {ScreenState, Step} from '../screen-state.js';
import {type Action, change, say, step} from './action.js';

export const restart: Action = state =>
  say(state, `restarting${ofSeveral(state.apps)}`, {type: 'restart', app: chosenApp(state.apps)});

export const open: Action = state => withUrl(state, url => say(state, `opening ${url}`, {type: 'open', url}));

/** How it went is said when it is known. */
export const copy: Action = state => withUrl(state, text => step(state, {type: 'copy', text}));

/** It is about all apps at once. */
export const lan: Action = ({apps, ...state}) => {
  const isOpen = [...apps.statuses.values()].some(status => status.lan != null);
  return say({apps, ...state}, isOpen ? 'closing to the network' : 'opening to the network', {type: 'lan'});
};

export const inspector: Action = state => say(state, 'opening the requests', {type: 'inspect'});

const ofSeveral = (apps: Apps): string => (apps.names.length > 1 ? ` ${chosenApp(apps)}` : '');

function withUrl(state: ScreenState, act: (url: string) => Step): Step {
  const url = statusOf(state.apps, chosenApp(state.apps))?.url;
  return url === undefined ? say(state, 'no address yet') : act(url);
}

/** An action that only changes which apps are looked at: the screen says so itself. */
const look = (next: (apps: Apps, key: string) => Apps): Action =>
  change((state, key) => ({...state, apps: next(state.apps, key)}));

export const app = look((apps, key) => typeDigit(apps, Number(key)));
export const nextApp = look(apps => moveChoice(apps, 1));
export const previousApp = look(apps => moveChoice(apps, -1));
export const onlyApp = look(toggleOnly);
export const hideApp = look(toggleHidden);
export const showAllApps = look(showAll);
