import {download, upload} from './bodies.mjs';
import {fullHandshakes, resumedHandshakes} from './handshakes.mjs';
import {http1Tls} from './http1-tls.mjs';
import {http2Tls} from './http2-tls.mjs';
import {idleMemory} from './idle-memory.mjs';
import {latency} from './latency.mjs';
import {tailLatency} from './tail-latency.mjs';
import {tunnels} from './tunnels.mjs';
import {workers} from './workers.mjs';

/**
 * Everything that is measured, in order.
 *
 * `serves(proxy)` says whether a proxy takes part, `tools` what has to be installed. `measure(subject, bench, plan)` makes
 * one sample; `plan` is what `prepare(subjects, bench)` decided before the rounds, with a `note` for the reader, or why the
 * work is `skipped`. A target compares tako with a peer, or its value with a `limit`; without `atLeast` or `atMost` it is
 * shown and not judged.
 * `startsAnew` gives every sample a new proxy, for `mostRounds` at most; `isPinned: false` leaves all cores to everybody.
 */
export const WORKS = [
  http1Tls,
  http2Tls,
  tailLatency,
  download,
  upload,
  fullHandshakes,
  resumedHandshakes,
  idleMemory,
  latency,
  tunnels,
  workers,
];
