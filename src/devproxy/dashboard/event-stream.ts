// What is told to an open page: a stream of events (HTML Standard, section 9.2). Each page pulls at its own speed; what it
// did not take is nowhere kept for it.

import type {GatewaySession} from '../../proxy/gateway-session.js';
import {systemClock} from '../../system/clock.js';
import type {Bell} from '../bell.js';
import {EVENT_HEADERS} from './answers.js';
import type {Change} from './change.js';

export type LiveView = {
  /** Whether the page cannot be kept up to date, and has to be loaded again. */
  isStale(): boolean;
  take(): readonly Change[];
  /** What of it the page has after that, to go on behind it in another stream. */
  position(): string;
};

/** Ten times a second is live to an eye, and leaves a page time for its person. */
const INTERVAL_MS = 100;
/** Figures change by themselves. */
const TICK_MS = 1_000;
/** A page, and what is between, finds out sooner or later that nobody is there: well below their usual minute. */
const HEARTBEAT_MS = 15_000;
/** How long a browser waits before it asks again. */
const RETRY_MS = 1_000;

/** Tells until the page is left, or has to be loaded again. The bell rings when there may be something to tell. */
export async function streamEvents(session: GatewaySession, view: LiveView, bell: Bell): Promise<void> {
  const answer = session.startAnswer(200, EVENT_HEADERS);
  const ticking = setInterval(bell.ring, TICK_MS);
  let saidAt = systemClock.now();
  const say = (text: string): void => {
    answer.write(text);
    saidAt = systemClock.now();
  };
  try {
    say(`retry: ${RETRY_MS}\n\n`);
    while (session.outcome === undefined) {
      if (view.isStale()) {
        say('event: reload\ndata: now\n\n');
        answer.end();
        return;
      }
      const changes = view.take();
      if (changes.length > 0) say(`id: ${view.position()}\ndata: ${JSON.stringify(changes.map(toMessage))}\n\n`);
      else if (systemClock.now() - saidAt >= HEARTBEAT_MS) say(':\n\n');
      await answer.drained();
      await systemClock.sleep(INTERVAL_MS);
      await bell.wait(session.signal);
    }
  } finally {
    clearInterval(ticking);
  }
}

const toMessage = ({html, into}: Change): object => ({html: html.text, ...into});
