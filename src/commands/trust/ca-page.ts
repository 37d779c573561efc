import {openAuthority} from '../../ca/authority.js';
import {chooseNetwork, noNetwork} from '../../devproxy/lan/network.js';
import {readNetworkFacts} from '../../devproxy/lan/network-facts.js';
import {createOnboarding} from '../../devproxy/onboarding/onboarding.js';
import {startOnboardingServer} from '../../devproxy/onboarding/onboarding-server.js';
import {systemClock} from '../../system/clock.js';
import {foldFingerprint} from '../../ui/lan-card.js';
import {renderQrCode} from '../../ui/qr-code.js';
import {createStyle, hasColour} from '../../ui/style.js';
import {createContext, DEFAULT_PORTS, loadUserSettings} from '../context.js';
import {printJson, printNote, printResult} from '../output.js';
import {listenForSignals} from '../signals.js';

export type CaPageFlags = {readonly json?: boolean; readonly lanAddress?: string};

/**
 * Serves the page by which other devices come to trust the root, until Ctrl-C; no daemon is needed, and none is started.
 * Throws LAN_NO_NETWORK and LAN_ADDRESS_UNKNOWN.
 */
export async function serveCaPage({json, lanAddress}: CaPageFlags): Promise<void> {
  const context = createContext();
  const {zones} = await loadUserSettings(context);
  const {root} = await openAuthority({
    folder: context.files.authority,
    clock: systemClock,
    permittedZones: zones,
  });
  const facts = await readNetworkFacts();
  const network = chooseNetwork(facts, {wanted: lanAddress});
  if (!network) throw noNetwork(facts, lanAddress);
  const onboarding = createOnboarding({root: root.certificate, extraZones: zones, urls: () => []});
  const signals = listenForSignals();
  const server = await startOnboardingServer({network, onboarding, ports: PORTS});
  const fingerprint = root.certificate.fingerprint256;
  if (json)
    printJson({ok: true, url: server.url, network: network.subnets[0] ?? '', certificate: root.file, fingerprint});
  else printPage(server.url, network.subnets[0] ?? '', fingerprint);
  await untilAborted(signals.signal);
  signals.close();
  await server.close();
}

const PORTS = [DEFAULT_PORTS.http, DEFAULT_PORTS.deniedHttp, 0];

function printPage(url: string, network: string, fingerprint: string): void {
  const isColour = hasColour(process.stdout, process.env);
  if (process.stdout.isTTY) printResult(renderQrCode(url.toUpperCase(), {isColour}));
  const style = createStyle({isColour});
  printResult(
    [`${style.bold(style.cyan(url))}  on every device of ${network}`, ...foldFingerprint(fingerprint)].join('\n'),
  );
  printNote('the page is there until you press Ctrl-C; compare the fingerprint with the one that the device shows');
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), {once: true});
  });
