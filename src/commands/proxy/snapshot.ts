import type {Certificate} from '../../proxy/certificate-source.js';
import type {BackendStatus} from '../../proxy/load-balancing/backend.js';
import type {ServerSettings} from './settings.js';

/** Everything that a worker of `tako proxy` has to know. */
export type ProxySnapshot = {
  readonly settings: ServerSettings;
  /** The one certificate for every name; undefined where the owner is asked for each. */
  readonly certificate: Certificate | undefined;
  /** 48 bytes. */
  readonly ticketKeys: Uint8Array;
  /** The addresses of backends that requests may go to. */
  readonly usable: readonly string[];
};

/** The backends to use: those that are well, or else those that are only left out for a while. */
export function usableOf(backends: readonly Pick<BackendStatus, 'address' | 'state'>[]): readonly string[] {
  const addressesOf = (states: readonly string[]): readonly string[] =>
    backends.filter(({state}) => states.includes(state)).map(({address}) => address);
  const well = addressesOf(['healthy', 'slow-start']);
  return well.length > 0 ? well : addressesOf(['ejected']);
}
