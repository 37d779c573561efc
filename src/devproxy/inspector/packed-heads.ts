import type {RequestHead, ResponseHead} from '../../proxy/client-side.js';
import {HeaderFields} from '../../proxy/header-fields.js';
import {BLOCK_BYTES, type BlockPool} from './block-pool.js';

/** Stands in no part of a head: RFC 9110, section 5.5. */
const BETWEEN = '\0';

/** The heads of a request and its answer as one text in latin1, outside of the heap where they fit into a block. */
export class PackedHeads {
  readonly #pool: BlockPool;
  #block: Buffer | undefined;
  #length = 0;
  /** What fits into no block. */
  #text = '';

  constructor({method, target, host, fields}: RequestHead, response: ResponseHead | undefined, pool: BlockPool) {
    const request = method + BETWEEN + target + BETWEEN + host + BETWEEN + fields.renderAll();
    const answer =
      response && BETWEEN + response.status + BETWEEN + response.reason + BETWEEN + response.fields.renderAll();
    const text = answer === undefined ? request : request + answer;
    this.#pool = pool;
    if (text.length > BLOCK_BYTES) {
      this.#text = text;
    } else {
      this.#block = pool.take();
      this.#length = this.#block.write(text, 'latin1');
    }
  }

  /** What they take in memory. */
  get bytes(): number {
    return this.#block === undefined ? this.#text.length : BLOCK_BYTES;
  }

  get request(): RequestHead {
    const [method = '', target = '', host = '', fields = ''] = this.#parts();
    return {method, target, host, fields: readFields(fields)};
  }

  get response(): ResponseHead | undefined {
    const [, , , , status, reason = '', fields = ''] = this.#parts();
    return status === undefined ? undefined : {status: Number(status), reason, fields: readFields(fields)};
  }

  /** Gives its memory back: nothing is in it any more. */
  release(): void {
    if (this.#block !== undefined) this.#pool.give(this.#block);
    this.#block = undefined;
    this.#text = '';
  }

  #parts(): string[] {
    return (this.#block?.toString('latin1', 0, this.#length) ?? this.#text).split(BETWEEN);
  }
}

function readFields(lines: string): HeaderFields {
  const fields = new HeaderFields();
  for (const line of lines.split('\r\n')) {
    const end = line.indexOf(':');
    if (end > 0) fields.append(line.slice(0, end), line.slice(end + 1).trim());
  }
  return fields;
}
