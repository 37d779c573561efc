/** Where a process accepts connections. */
export type Endpoint = {readonly host: LoopbackAddress; readonly port: number; readonly isTls: boolean};

export type LoopbackAddress = '127.0.0.1' | '::1';

export const LOOPBACK_ADDRESSES: readonly LoopbackAddress[] = ['127.0.0.1', '::1'];

/** A listener as its process tells of it: `host` is what it asked for or got, such as `::` or `localhost`. */
export type Listener = {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
};

/** A decimal number from 1 to 65535, and nothing else. */
export function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/**
 * The loopback addresses on which a listener can be reached, the likeliest first. None for one that listens on another
 * address alone: what is not open to this machine's own programs is not for us.
 */
export function loopbackAddressesOf(host: string): readonly LoopbackAddress[] {
  switch (host) {
    case '127.0.0.1':
    case '0.0.0.0':
    case '::ffff:127.0.0.1':
      return ['127.0.0.1'];
    case '::1':
      return ['::1'];
    case '::':
    case 'localhost':
      return LOOPBACK_ADDRESSES;
    default:
      return [];
  }
}

/** Where each of the listeners would be reached; those that cannot be are left out. */
export const likelyEndpoints = (listeners: readonly Listener[]): readonly Endpoint[] =>
  listeners.flatMap(({host, port, isTls}) =>
    loopbackAddressesOf(host)
      .slice(0, 1)
      .map(address => ({host: address, port, isTls})),
  );

export const isSameEndpoint = (one: Endpoint, other: Endpoint): boolean =>
  one.host === other.host && one.port === other.port && one.isTls === other.isTls;
