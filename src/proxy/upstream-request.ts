import {CONTENT_LENGTH, FORWARDED, type KindSet, NOT_UPSTREAM, OTHER} from './field-kinds.js';
import type {HeaderFields} from './header-fields.js';

/** Fields we add to a request: as lines for HTTP/1.1, and as names and values in turn. */
export type AddedFields = {readonly lines: string; readonly list: readonly string[]};

/**
 * A request as it goes upstream. It is a view of the client's until a filter asks for its `fields`: then they are a copy
 * that may be changed. Framing and Host are stated by whoever sends it, whatever the fields say.
 */
export class UpstreamRequest {
  method: string;
  /** Path and query. */
  target: string;
  /** The value of Host. */
  host: string;
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
    this.method = head.method;
    this.target = head.target;
    this.host = head.host;
    this.#source = head.fields;
    this.upgrade = options.upgrade;
    this.#dropped = options.dropped;
    this.#added = options.added;
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

/** A filter's own forwarded fields are its decision. */
const OWN_NOT_UPSTREAM = NOT_UPSTREAM.map((isDropped, kind) => (kind === FORWARDED ? 0 : isDropped));

const lowerNames = (text: string, index: number): string => (index % 2 === 0 ? text.toLowerCase() : text);
