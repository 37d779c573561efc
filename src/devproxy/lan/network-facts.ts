import {createSocket} from 'node:dgram';
import {networkInterfaces} from 'node:os';
import type {NetworkFacts} from './network.js';

/** An address for documentation (RFC 5737): nobody has it, so its way is the default route. Nothing is sent there. */
const ELSEWHERE = '192.0.2.1';
const DISCARD_PORT = 9;

/** Reads the interfaces of this machine, and which of its addresses the default route has. */
export async function readNetworkFacts(): Promise<NetworkFacts> {
  return {interfaces: networkInterfaces(), defaultAddress: await findDefaultAddress()};
}

/** Connecting a UDP socket only looks up the route. */
function findDefaultAddress(): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = createSocket('udp4');
    const finish = (address?: string): void => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => finish());
    socket.connect(DISCARD_PORT, ELSEWHERE, () => finish(socket.address().address));
  });
}
