/** What a runtime can do for a request beside its answer. Each is undefined where it cannot. */
export type Exchange = {
  /** Sends an interim answer, 103 Early Hints (RFC 8297). */
  sendEarlyHints?(fields: Readonly<Record<string, string | readonly string[]>>): void;
  /** Fields to send behind the answer's body (RFC 9110, section 6.5). */
  setTrailers?(trailers: Trailers): void;
  /** Those that came behind the request's body, when that has been read to its end. */
  requestTrailers?(): Promise<Headers>;
};

/** Known at once, or only when the body has been made, as a checksum is. */
export type Trailers = Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>);
