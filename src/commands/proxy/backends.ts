import type {BackendChange} from '../../proxy/load-balancing/backend.js';
import {createHttpProbe} from '../../proxy/load-balancing/http-probe.js';
import {createLoadBalancer, type LoadBalancer} from '../../proxy/load-balancing/load-balancer.js';
import {printNote} from '../output.js';
import type {ProxySettings} from './settings.js';

/** The balancer that judges the backends: by their health checks, if there are any, and by what requests report. */
export function startBalancer(
  {server, healthPath}: ProxySettings,
  onChange: () => void = () => undefined,
): LoadBalancer {
  return createLoadBalancer({
    backends: server.backends,
    algorithm: server.algorithm,
    ...(healthPath === undefined ? {} : {healthCheck: {probe: createHttpProbe({path: healthPath})}}),
    onChange(change) {
      printNote(describeChange(change));
      onChange();
    },
  });
}

function describeChange({address, state, problem}: BackendChange): string {
  if (state === 'ejected') return `${address} is left out for a while: too many requests to it failed`;
  return `${address} is ${state}${problem === undefined ? '' : `: ${problem}`}`;
}
