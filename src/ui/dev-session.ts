// The seam between `tako dev` and what shows it. A session is what a screen or printer is given: events to listen to and
// the few things a person may ask for. Screens and printers hold no state of the app but what they heard.

import type {AppEvent, Notice} from '../control/events.js';
import type {ExchangeDetail, ExchangeEvent, ExchangeSummary} from '../control/exchanges.js';

/** What a screen or printer hears. `ended` is the last event; its reason is shown, then the screen is left. */
export type DevEvent = AppEvent | Notice | {readonly type: 'ended'; readonly reason: string};

/** What a person may ask for from the screen. How it went comes back as events. */
export type DevActions = {
  restart(app: string): void;
  open(url: string): void;
  /** False when no clipboard tool was found. */
  copy(text: string): Promise<boolean>;
  /** Opens the apps to the network, or closes them when one of them is open: `AppStatus.lan` tells. */
  toggleLan(): void;
  /** Opens the page with the requests; false when there is no browser that could show it. */
  inspect(): Promise<boolean>;
};

/** What the apps are asked for. All of it rejects with what the daemon says. */
export type RequestSource = {
  /** Tells of those that are kept, then of those to come, until the signal is aborted. */
  follow(listener: (event: ExchangeEvent) => void, signal: AbortSignal): Promise<void>;
  load(id: number): Promise<ExchangeDetail>;
  /** Sends it again; resolves when the answer is complete. */
  replay(id: number): Promise<ExchangeSummary>;
};

export type DevSession = {
  /** The names of the apps it is about, at least one, in the order to show them. */
  readonly apps: readonly string[];
  readonly version: string;
  /** One-line remarks for the start: denied ports, missing trust, a renamed app. */
  readonly notes: readonly string[];
  /** Replays nothing: call before events flow. */
  subscribe(listener: (event: DevEvent) => void): () => void;
  readonly actions: DevActions;
  readonly requests: RequestSource;
};

/** How a screen was left: its apps are to stop, to go on without it, or the session was over anyway. */
export type DevOutcome = 'stop' | 'background' | 'ended';
