import {connect} from 'node:net';
import {describeFailure, type Probe, type ProbeResult} from './probe.js';

/** Passes when a connection can be opened; it is closed again at once, without a byte sent. */
export const tcpProbe: Probe = ({host, port}, signal) =>
  new Promise<ProbeResult>(resolve => {
    const socket = connect({host, port, signal});
    const settle = (result: ProbeResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => settle({ok: true}));
    socket.once('error', error => settle({ok: false, problem: describeFailure(error)}));
  });
