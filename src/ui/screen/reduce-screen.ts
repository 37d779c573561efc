import {renewFigures, withRemoved, withStatus} from './apps.js';
import {paste, pressKey} from './key-actions.js';
import {withBlocks} from './reading.js';
import {withExchange, withOpened} from './requests.js';
import type {ScreenEvent} from './screen-event.js';
import {type ScreenState, type Step, withFlash} from './screen-state.js';

/** The whole screen as a function of events. */
export const reduceScreen = (state: ScreenState, event: ScreenEvent): Step =>
  event.type === 'key' ? pressKey(state, event.key) : {state: stateAfter(state, event), effects: []};

function stateAfter(state: ScreenState, event: Exclude<ScreenEvent, {readonly type: 'key'}>): ScreenState {
  const {apps, requests, reading, layout} = state;
  switch (event.type) {
    case 'status':
      return {...state, apps: withStatus(apps, event.status)};
    case 'removed':
      return {...state, apps: withRemoved(apps, event.app)};
    case 'request':
    case 'skipped-requests':
      return {...state, requests: withExchange(requests, event)};
    case 'requests-anew':
      return {...state, requests: {...requests, list: [], skipped: 0}};
    case 'no-requests':
      return {...state, requests: {...requests, problem: event.reason}};
    case 'request-opened':
      return {...state, requests: withOpened(requests, event.opened)};
    case 'inspect-here':
      return {...state, layout: {...layout, screen: 'dashboard', pane: 'requests'}};
    case 'said':
      return withFlash(state, event.text);
    case 'pasted':
      return paste(state, event.text);
    case 'resized':
      return {...state, layout: {...layout, size: event.size}};
    case 'kept':
      return {...state, reading: withBlocks(reading, event.blocks)};
    case 'clock':
      return atTime(state, event.now);
    // What they say is in the log.
    case 'log':
    case 'skipped':
    case 'notice':
    case 'ended':
      return state;
  }
}

const atTime = (state: ScreenState, now: number): ScreenState => ({
  ...state,
  now,
  apps: renewFigures(state.apps),
  flash: state.flash && state.flash.until > now ? state.flash : null,
});
