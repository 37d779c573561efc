import {connect} from 'node:net';
import {type Endpoint, type Listener, type LoopbackAddress, loopbackAddressesOf} from './endpoint.js';

/** The system itself answers for a listener on loopback, so silence means a full backlog: nobody who accepts. */
const CONNECT_TIMEOUT_MS = 1_000;

/** Whether something accepts connections there. Opens one and ends it without a byte, which servers take quietly. */
export function accepts(host: LoopbackAddress, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({host, port});
    const answer = (isAccepted: boolean): void => {
      socket.destroy();
      resolve(isAccepted);
    };
    socket.once('connect', () => answer(true)).on('error', () => answer(false));
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => answer(false));
  });
}

/** The first of the addresses, in their order, on which the port accepts connections. All are asked at once. */
export async function findAccepting(
  addresses: readonly LoopbackAddress[],
  port: number,
): Promise<LoopbackAddress | undefined> {
  const answers = await Promise.all(addresses.map(address => accepts(address, port)));
  return addresses.find((_, index) => answers[index]);
}

/** Where the first of the listeners that can be reached is reached. */
export async function locateFirst(listeners: readonly Listener[]): Promise<Endpoint | undefined> {
  for (const {host, port, isTls} of listeners) {
    const address = await findAccepting(loopbackAddressesOf(host), port);
    if (address) return {host: address, port, isTls};
  }
  return undefined;
}
