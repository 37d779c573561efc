// What holder and server process say to each other: one JSON document per line, on a socket that the server process
// inherits. The server process is not root and the holder may be, so what arrives there is believed only as far as its
// form goes; what it asks for is judged where it is done.
//
//   holder  -> server  welcome, running*, serving, then: app's output, listeners and ends, answers, leave, followed, drain
//   server  -> holder  ready, accepting, then: what it wants done, which output it has taken, left, yielded

import {z} from 'zod';

/**
 * Raised when the messages of the version before would be misread. A server process is started by a holder of its own
 * version, as a holder is replaced before its server process is; so a holder meets at most older ones, those that it took
 * over from the holder before. What is new in this direction is left out by them, so only what they need has to stay.
 */
export const HOLDER_PROTOCOL = 2;

/** The server's end of the channel. The listening sockets come behind it. */
export const CHANNEL_FD = 3;

/** Room for what a message has beside a spec. */
export const MAX_SPEC_BYTES = 3 * 1024 * 1024;

/** All opaque values together, as JSON. */
export const MAX_BAGGAGE_BYTES = 1024 * 1024;

const orNothing = <T extends z.ZodType>(schema: T) => schema.nullable().transform(value => value ?? undefined);

const number = z.int().positive();
export const instance = z.string().regex(/^[0-9a-f]{8,64}$/);
export const port = z.int().min(1).max(65_535);
export const endpoint = z.strictObject({host: z.enum(['127.0.0.1', '::1']), port, isTls: z.boolean()});
/** No system counts further, and 2^32 - 1 means "no user" to several calls. */
const userId = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);
/** 2^31 - 1 milliseconds is as long as a timer goes. */
const milliseconds = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

const text = z.string().max(4096);
const stringMap = z.record(z.string(), z.string());

export const spec = z.strictObject({
  app: z.string().min(1).max(300),
  command: z.array(z.string()).min(1),
  directory: z.string().startsWith('/').max(4096),
  environment: stringMap,
  bootstrap: z.strictObject({token: z.string(), secrets: stringMap, storages: z.record(z.string(), z.unknown())}),
  ready: z.enum(['fd', 'any']),
  port: orNothing(port),
  restart: z.enum(['start-first', 'stop-first']),
  readyTimeoutMs: milliseconds,
  graceMs: milliseconds,
});

export const isolation = z.strictObject({
  uid: orNothing(userId),
  gid: orNothing(userId),
  /** A name, never a path: what it becomes is the holder's affair. */
  cgroup: orNothing(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,79}$/)),
  limits: z.strictObject({
    memoryBytes: z.int().min(1).nullable(),
    processes: z.int().min(1).nullable(),
    openFiles: z.int().min(1).nullable(),
  }),
});

/** `shop/production`. */
export const DEPLOYMENT = /^[a-z0-9][a-z0-9_-]{0,62}\/[a-z0-9][a-z0-9_-]{0,62}$/;
const deployment = z.string().regex(DEPLOYMENT);

const request = {id: number};

const serverMessage = z.discriminatedUnion('type', [
  /** Its self-check is done: it takes over what runs. */
  z.strictObject({type: z.literal('ready')}),
  /** It takes connections: the one before it need not any more. */
  z.strictObject({type: z.literal('accepting')}),
  /** The answer to `followed`: what it was writing is written. */
  z.strictObject({type: z.literal('yielded')}),
  /** The answer to `leave`: none of its requests is under way there. */
  z.strictObject({type: z.literal('left'), instance}),
  /** The next server process gets it if it is handed over; else it ends with this one. */
  z.strictObject({
    ...request,
    type: z.literal('spawn'),
    instance,
    spec,
    isolation,
    meta: z.unknown(),
    isHandedOver: z.boolean(),
  }),
  z.strictObject({...request, type: z.literal('end'), instance, graceMs: milliseconds}),
  z.strictObject({type: z.literal('kill'), instance}),
  /** Nobody wants to know of it any more. What still runs of it is ended. */
  z.strictObject({type: z.literal('close'), instance}),
  z.strictObject({type: z.literal('listens'), instance, endpoint}),
  /** The output up to this sequence number is in good hands. */
  z.strictObject({type: z.literal('taken'), instance, sequence: z.int().min(0)}),
  z.strictObject({type: z.literal('baggage'), name: z.string().regex(/^[\w.-]{1,64}$/), value: z.unknown()}),
  z.strictObject({...request, type: z.literal('user'), deployment}),
  z.strictObject({...request, type: z.literal('erase'), deployment}),
  z.strictObject({...request, type: z.literal('reload')}),
  /** The answer to `reload-wanted` where there is to be none; otherwise it asks for one. */
  z.strictObject({type: z.literal('reload-refused'), reason: text}),
  /** The whole of it is to end, apps included. */
  z.strictObject({...request, type: z.literal('shutdown')}),
]);

// Of what a holder says, a server process of before leaves out what it does not know.
export const stream = z.enum(['stdout', 'stderr']);
export const listener = z.object({id: text, host: text, port, isTls: z.boolean()});
const exit = z.object({code: z.int().nullable(), signal: z.string().nullable(), reason: orNothing(text)});

export const socket = z.object({name: z.string(), fd: z.int().min(0), host: z.string(), port: z.int().min(0)});

const app = z.object({
  instance,
  pid: number,
  reservedPort: orNothing(port),
  /** The PORT that it was told. */
  port: orNothing(port),
});

const failure = z.discriminatedUnion('kind', [
  z.object({kind: z.literal('port-taken'), port, pid: orNothing(number)}),
  /** The system refused the process. */
  z.object({kind: z.literal('refused'), code: orNothing(text), message: z.string()}),
  z.object({
    kind: z.literal('problem'),
    code: text,
    message: z.string(),
    hint: orNothing(z.string()),
    details: z.array(z.string()),
  }),
  z.object({kind: z.literal('bug'), message: z.string()}),
]);

const holderMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    protocol: number,
    sockets: z.array(socket),
    limitsBy: z.enum(['cgroup-v2', 'cgroup-v1']).nullable(),
    isIsolated: z.boolean(),
    baggage: z.record(z.string(), z.unknown()),
  }),
  z.object({
    type: z.literal('running'),
    app,
    spec,
    meta: z.unknown(),
    startedAt: z.number(),
    endpoint: orNothing(endpoint),
  }),
  /** It is the server now, and all that runs has been told. */
  z.object({type: z.literal('serving')}),
  /** Another is about to be the server: nothing is started, ended or written here any more. Requests are answered still. */
  z.object({type: z.literal('followed')}),
  /** Somebody on the machine wants it to be followed by another. */
  z.object({type: z.literal('reload-wanted')}),
  /** To an instance that is about to be ended by another: requests in flight there are to be finished. */
  z.object({type: z.literal('leave'), instance, endpoint, graceMs: milliseconds}),
  /** No connections any more; what is under way is finished within that time, or killed. */
  z.object({type: z.literal('drain'), timeoutMs: milliseconds}),
  z.object({type: z.literal('output'), instance, sequence: number, stream, text: z.string()}),
  z.object({type: z.literal('output-end'), instance, stream}),
  /** What it has written to file descriptor 4 so far, as latin1. */
  z.object({type: z.literal('pipe'), instance, text, isEnded: z.boolean()}),
  z.object({type: z.literal('listeners'), instance, listeners: z.array(listener)}),
  z.object({type: z.literal('exit'), instance, exit}),
  /** The answer to `spawn`; what is told of the process comes behind it. */
  z.object({type: z.literal('spawned'), id: number, app}),
  z.object({type: z.literal('answer'), id: number, value: z.unknown()}),
  z.object({type: z.literal('failed'), id: number, failure}),
]);

/** What the server process says, as it is believed. */
export type ServerMessage = z.output<typeof serverMessage>;
export type HolderMessage = z.output<typeof holderMessage>;
/** As they travel: nothing is undefined in JSON. */
export type ServerMessageInput = z.input<typeof serverMessage>;
export type HolderMessageInput = z.input<typeof holderMessage>;

export type WireSpec = z.input<typeof spec>;
export type WireIsolation = z.input<typeof isolation>;
export type WireFailure = z.input<typeof failure>;
export type Failure = z.output<typeof failure>;
export type SocketFacts = z.output<typeof socket>;

/** Undefined for what is not a message. */
export const parseServerMessage = (message: unknown): ServerMessage | undefined =>
  serverMessage.safeParse(message).data;
export const parseHolderMessage = (message: unknown): HolderMessage | undefined =>
  holderMessage.safeParse(message).data;
