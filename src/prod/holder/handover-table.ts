// All that a holder leaves to the one that follows it in the same process, beside the descriptors: as JSON, which a newer
// version reads.

import {z} from 'zod';
import {endpoint, instance, isolation, listener, port, socket, spec, stream} from './protocol.js';

/** Raised when the table of the version before would be misread. A holder that cannot read it does not follow. */
export const HANDOVER_VERSION = 1;

const number = z.int().min(0);
const remainder = z.object({
  line: z.object({bytes: z.base64(), cutBytes: number, isReturned: z.boolean()}),
  unread: z.base64(),
});

const exit = z.object({code: z.int().nullable(), signal: z.string().nullable()});

const output = z.object({
  lines: z.array(z.object({sequence: number, stream, text: z.string()})).readonly(),
  lastSequence: number,
  lastGiven: number,
  lastTaken: number,
  ended: z.array(stream).readonly(),
});

const heldApp = z.object({
  instance,
  pid: number,
  spec,
  isolation,
  meta: z.unknown(),
  startedAt: z.number(),
  endpoint: endpoint.optional(),
  /** The PORT that it was told. */
  port: port.optional(),
  killsBefore: number,
  isHandedOver: z.boolean(),
  /** What it has written to file descriptor 4. */
  written: z.string(),
  isPipeEnded: z.boolean(),
  exit: exit.optional(),
  /** Somebody has ended it. */
  groupEnd: z.enum(['ended', 'killed', 'refused', 'stuck']).optional(),
  output,
  stdout: remainder,
  stderr: remainder,
  /** What it has not read of its document, as base64. */
  bootstrap: z.base64().optional(),
  report: z.object({open: z.array(listener).readonly(), rest: remainder, file: z.string()}).optional(),
  /** Pids of server processes. */
  owner: number.optional(),
  watchers: z.array(number),
});

const serverProcess = z.object({
  pid: number,
  /** By which its record is found. */
  record: z.string(),
  sockets: z.array(socket).readonly(),
  exit: exit.optional(),
  lines: z.array(z.string()).readonly(),
  stderr: remainder,
  /** What it has said and nobody has dealt with: messages, and the beginning of another. */
  messages: z.array(z.unknown()).readonly(),
  beginning: z.base64(),
  /** Undefined: it is the server. */
  drainsWithinMs: z.number().optional(),
  servesSince: z.number(),
});

const table = z.object({
  version: z.literal(HANDOVER_VERSION),
  /** The names of what the carrier has, in the order of its descriptors. */
  descriptors: z.array(z.string()).readonly(),
  sockets: z.array(socket.omit({fd: true})),
  apps: z.array(heldApp),
  servers: z.array(serverProcess),
  baggage: z.record(z.string(), z.unknown()),
  /** The one that follows is to begin with a reload. */
  isReloadWanted: z.boolean(),
});

export type HandoverTable = z.output<typeof table>;
export type HandoverTableInput = z.input<typeof table>;
export type HeldAppState = z.input<typeof heldApp>;
export type InheritedAppState = z.output<typeof heldApp>;
export type ServerProcessState = z.output<typeof serverProcess>;

/** Throws for what this version does not understand. */
export const parseHandoverTable = (text: string): HandoverTable => table.parse(JSON.parse(text));
