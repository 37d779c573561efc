import {errorCode, TakoError} from '../../system/error.js';
import type {ListenAddress} from './addresses.js';

/** Why `--listen` cannot be had, with the next step for this command: the listener's own names options of `tako dev`. */
export function listenProblem(error: unknown, {host}: ListenAddress): unknown {
  if (error instanceof TakoError && error.code === 'PORT_IN_USE') {
    return new TakoError('PORT_IN_USE', error.message, {
      hint: 'stop that program, or choose another port with --listen',
      cause: error,
    });
  }
  if (['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'].includes(errorCode(error) ?? '')) {
    return new TakoError('LISTEN_FAILED', `this machine has no address ${host}`, {
      hint: 'give --listen an address of this machine; 0.0.0.0 stands for all of them',
      cause: error,
    });
  }
  return error;
}
