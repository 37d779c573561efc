import {CONTENT_LENGTH, FORWARDED, type KindSet, NOT_UPSTREAM, OTHER, VIA} from './field-kinds.js';
import type {HeaderFields} from './header-fields.js';

/** Fields we add to a request: as lines for HTTP/1.1, and as names and values in turn. */
export type AddedFields = {readonly lines: string; readonly list: readonly string[]};

/**
 * A request as it goes upstream. It is a view of the client's until a filter asks for its `fields`: then they are a copy
 * that may be changed. Framing and Host are stated by whoever sends it, whatever the fields say.
 */
export class UpstreamRequest {
  #method: string;
  #target: string;
  #host: string;
  /** The protocol asked for by an upgrade. */
  readonly upgrade: string | undefined;
  readonly #source: HeaderFields;
  readonly #dropped: KindSet;
  readonly #added: AddedFields;
  #own: HeaderFields | undefined;

  constructor(
    head: {readonly method: string; readonly target: string; readonly host: string; readonly fields: HeaderFields},
    options: {readonly upgrade: string | undefined; readonly dropped: KindSet; readonly added: AddedFields},
  ) {
    this.#method = head.method;
    this.#target = head.target;
    this.#host = head.host;
    this.#source = head.fields;
    this.upgrade = options.upgrade;
    this.#dropped = options.dropped;
    this.#added = options.added;
  }

  get method(): string {
    return this.#method;
  }

  /** Throws TypeError for what is not a token, as the next two do for what would end or split the line it stands in. */
  set method(method: string) {
    if (!TOKEN.test(method)) throw new TypeError(`${JSON.stringify(method)} is not a method`);
    this.#method = method;
  }

  /** Path and query. */
  get target(): string {
    return this.#target;
  }

  set target(target: string) {
    if (!TARGET.test(target)) throw new TypeError(`${JSON.stringify(target)} is not a request target`);
    this.#target = target;
  }

  /** The value of Host. */
  get host(): string {
    return this.#host;
  }

  set host(host: string) {
    if (!HOST_VALUE.test(host)) throw new TypeError(`${JSON.stringify(host)} is not a host`);
    this.#host = host;
  }

  get fields(): HeaderFields {
    if (this.#own === undefined) {
      this.#own = this.#source.copy(this.#dropped, CONTENT_LENGTH);
      const {list} = this.#added;
      for (let index = 0; index + 1 < list.length; index += 2) {
        this.#own.appendKnown(OTHER, list[index] as string, list[index + 1] as string);
      }
    }
    return this.#own;
  }

  /** Whether a filter took the Content-Length away. */
  get isUnsized(): boolean {
    return this.#own !== undefined && !this.#own.hasKind(CONTENT_LENGTH);
  }

  /** All lines but Host and framing. */
  renderFields(): string {
    return this.#own === undefined
      ? this.#source.render(this.#dropped) + this.#added.lines
      : this.#own.render(OWN_NOT_UPSTREAM);
  }

  /** The same for HTTP/2: names in lower case and values in turn. */
  listFields(): string[] {
    return this.#own === undefined
      ? [...this.#source.toList(this.#dropped), ...this.#added.list.map(lowerNames)]
      : this.#own.toList(OWN_NOT_UPSTREAM);
  }
}

/** A filter's own forwarded fields are its decision. The client's are not among them. */
const OWN_NOT_UPSTREAM = NOT_UPSTREAM.map((isDropped, kind) => (kind === FORWARDED || kind === VIA ? 0 : isDropped));

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A path or `*`, in what the parser takes too; above ASCII a character would be written as another byte. */
const TARGET = /^(?:\/[\x21\x22\x24-\x7e]*|\*)$/;
const HOST_VALUE = /^[\x21-\x7e]+$/;

const lowerNames = (text: string, index: number): string => (index % 2 === 0 ? text.toLowerCase() : text);
