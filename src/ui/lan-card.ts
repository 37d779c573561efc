// What a person needs who wants to open an app on another device.

import type {AppStatus, LanAddress} from '../control/events.js';
import {describeProblem} from './describe.js';
import {renderQrCode} from './qr-code.js';
import type {Style} from './style.js';

/** Everything about it, a QR code in front if wanted: of the page that leads to the app. */
export function lanCard(lan: LanAddress, style: Style, {withCode}: {readonly withCode: boolean}): string {
  // In capitals the code needs fewer modules; there is nothing in the URL to which they would matter.
  const code = withCode ? [renderQrCode(lan.onboardingUrl.toUpperCase(), style)] : [];
  return [
    ...code,
    `${style.bold(style.cyan(lan.url))}  on every device of ${lan.network}`,
    `${style.cyan(lan.onboardingUrl)}  first: how the device comes to trust it`,
    ...foldFingerprint(lan.fingerprint),
    ...(lan.problem ? [style.yellow(describeProblem(lan.problem))] : []),
  ].join('\n');
}

/** On two lines: devices show it on several, too. */
export function foldFingerprint(fingerprint: string): readonly string[] {
  const pairs = fingerprint.split(':');
  const [first = [], second = []] = [pairs.slice(0, PAIRS_PER_LINE), pairs.slice(PAIRS_PER_LINE)];
  return [`fingerprint  ${first.join(':')}`, ...(second.length > 0 ? [`             ${second.join(':')}`] : [])];
}

const PAIRS_PER_LINE = 16;

/** One line for a list. */
export const lanRow = (app: string, {url, onboardingUrl, network, problem}: LanAddress): string =>
  [app, url, `to ${network}`, `help: ${onboardingUrl}`, ...(problem ? [describeProblem(problem)] : [])].join('  ');

/** The card of an app that a status says is open to the network now. Of several the first brings the code, the same for all. */
export function openedLan(
  statuses: ReadonlyMap<string, AppStatus>,
  {name, lan}: AppStatus,
  style: Style,
): string | undefined {
  if (lan === null || statuses.get(name)?.lan) return undefined;
  const isKnown = [...statuses.values()].some(other => other.lan?.onboardingUrl === lan.onboardingUrl);
  return lanCard(lan, style, {withCode: !isKnown});
}
