import type {DevFeed} from './dev-feed.js';
import type {DevOutcome, DevSession} from './dev-session.js';
import type {Effect} from './screen/effects.js';

export type DevEffectsOptions = {
  readonly session: Pick<DevSession, 'actions' | 'requests'>;
  readonly feed: DevFeed;
  readonly leave: (outcome: DevOutcome) => void;
};

/** Does what the keys ask for beyond the screen. How it went comes back as events. */
export function createDevEffects({session, feed, leave}: DevEffectsOptions): (effect: Effect) => void {
  const {actions, requests} = session;
  const say = (text: string): void => feed.push({type: 'said', text});
  return effect => {
    switch (effect.type) {
      case 'restart':
        return actions.restart(effect.app);
      case 'open':
        return actions.open(effect.url);
      case 'copy':
        return void actions
          .copy(effect.text)
          .then(isCopied => say(isCopied ? `copied ${effect.text}` : 'no clipboard tool was found'));
      case 'lan':
        return actions.toggleLan();
      case 'inspect':
        return void actions.inspect().then(isShown => {
          if (!isShown) feed.push({type: 'inspect-here'});
        });
      case 'load-request':
        return void requests.load(effect.id).then(
          detail => feed.push({type: 'request-opened', opened: {state: 'loaded', id: effect.id, detail}}),
          (error: unknown) =>
            feed.push({type: 'request-opened', opened: {state: 'missing', id: effect.id, reason: messageOf(error)}}),
        );
      case 'replay':
        return void requests.replay(effect.id).then(
          ({id, status}) => say(`sent again as #${id}: ${status ?? 'no answer'}`),
          (error: unknown) => say(messageOf(error)),
        );
      case 'clear-log':
        feed.log.clear();
        return void feed.takeLines();
      case 'leave':
        return leave(effect.outcome);
    }
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
