/** One open WebSocket. It has the methods that Bun's has. */
export type AppSocket<Data = unknown> = {
  /** What was given to `upgrade`. */
  data: Data;
  /** 1: open, 2: closing, 3: closed. */
  readonly readyState: number;
  /** The number of bytes sent; -1: they wait in memory, and `drain` follows; 0: dropped, as the socket is not open. */
  send(message: string | Uint8Array | ArrayBuffer): number;
  /** Begins the closing handshake. What was sent before arrives. */
  close(code?: number, reason?: string): void;
  /** Cuts the connection. */
  terminate(): void;
  /** Bytes that wait to be sent. */
  getBufferedAmount(): number;
};

export type WebSocketHandlers<Data = unknown> = {
  readonly message: (socket: AppSocket<Data>, message: string | Uint8Array) => unknown;
  readonly open?: ((socket: AppSocket<Data>) => unknown) | undefined;
  /** Once for each that was opened. 1006: the connection ended without a closing handshake. */
  readonly close?: ((socket: AppSocket<Data>, code: number, reason: string) => unknown) | undefined;
  /** What waited in memory has been sent. */
  readonly drain?: ((socket: AppSocket<Data>) => unknown) | undefined;
  /** Bytes of one message, 16 MiB by default. A longer one closes the socket with 1009. */
  readonly maxPayloadLength?: number | undefined;
};

/** As Bun has it. */
export const DEFAULT_MAX_PAYLOAD_LENGTH = 16 * 1024 * 1024;

export const OPEN = 1;
export const CLOSING = 2;
export const CLOSED = 3;

/** RFC 6455, section 7.4.1. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  noCode: 1005,
  withoutHandshake: 1006,
  notUtf8: 1007,
  tooLong: 1009,
  appFailed: 1011,
} as const;

/** Codes that may be sent: of section 7.4.1 those with a meaning on the wire, and those of libraries and apps. */
export const isCloseCode = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999);
