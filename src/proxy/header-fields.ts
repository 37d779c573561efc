// The header fields of one message.
//
// A message that is only passed on is never taken apart: its fields stay the text they came as, with marks of where each
// name and value stands, and what is dropped is left out when the text is copied. Only a filter that reads a field makes
// strings of its own.

import {CONNECTION, DELETED, type KindSet, kindOfName} from './field-kinds.js';

/** Numbers per field in `marks`: its kind, and where line, value and value's end stand; the name ends before `:`. */
const KIND = 0;
const LINE = 1;
const NAME_END = 2;
const VALUE = 3;
const VALUE_END = 4;
export const MARKS_PER_FIELD = 5;

/** Options of Connection that name no field; and framing, which is not the other side's to take away. */
const NOT_A_FIELD_NAME = new Set(['', 'keep-alive', 'close', 'upgrade', 'content-length']);

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110, section 5.5: what would end the line or hide in it. */
const FORBIDDEN_IN_VALUE = /[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]/;

/** The fields of a message in the order and the case they came. Values are latin1, a character a byte. */
export class HeaderFields implements Iterable<readonly [name: string, value: string]> {
  #text: string;
  readonly #marks: number[];
  /** A bit for every kind there is or was. */
  #kinds: number;

  /** `text` are whole lines, `marks` what the parser found in them, `kinds` a bit for each kind among them. */
  constructor(text = '', marks: number[] = [], kinds = 0) {
    this.#text = text;
    this.#marks = marks;
    this.#kinds = kinds;
  }

  /** Names and values in turn. */
  static from(list: readonly string[]): HeaderFields {
    const fields = new HeaderFields();
    for (let index = 0; index + 1 < list.length; index += 2) fields.append(list[index] ?? '', list[index + 1] ?? '');
    return fields;
  }

  /** The value of a field; those of a repeated one joined with commas, which Set-Cookie alone does not allow. */
  get(name: string): string | undefined {
    const first = this.#find(name, 0);
    if (first === -1) return undefined;
    const isAlone = this.#find(name, first + MARKS_PER_FIELD) === -1;
    return isAlone ? this.#valueAt(first) : this.getAll(name).join(', ');
  }

  getAll(name: string): string[] {
    const values: string[] = [];
    for (let index = this.#find(name, 0); index !== -1; index = this.#find(name, index + MARKS_PER_FIELD)) {
      values.push(this.#valueAt(index));
    }
    return values;
  }

  has(name: string): boolean {
    return this.#find(name, 0) !== -1;
  }

  /** Replaces every field of that name by one. Throws TypeError for what is not a field. */
  set(name: string, value: string): void {
    this.delete(name);
    this.append(name, value);
  }

  /** Adds a field behind the others. Throws TypeError for what is not a field. */
  append(name: string, value: string): void {
    if (!TOKEN.test(name)) throw new TypeError(`${JSON.stringify(name)} is not a header name`);
    if (FORBIDDEN_IN_VALUE.test(value)) throw new TypeError(`the value of ${name} has characters no header may have`);
    this.appendKnown(kindOfName(name), name, value);
  }

  /** As `append`, for what is known to be well-formed. */
  appendKnown(kind: number, name: string, value: string): void {
    const line = this.#text.length;
    this.#kinds |= 1 << kind;
    const valueStart = line + name.length + 2;
    this.#marks.push(kind, line, line + name.length, valueStart, valueStart + value.length);
    this.#text += `${name}: ${value}\r\n`;
  }

  delete(name: string): void {
    for (let index = this.#find(name, 0); index !== -1; index = this.#find(name, index + MARKS_PER_FIELD)) {
      this.#marks[index + KIND] = DELETED;
      this.#kinds |= 1 << DELETED;
    }
  }

  *[Symbol.iterator](): Generator<readonly [name: string, value: string]> {
    for (let index = 0; index < this.#marks.length; index += MARKS_PER_FIELD) {
      if (this.#marks[index] !== DELETED) yield [this.#nameAt(index), this.#valueAt(index)];
    }
  }

  /** What they take in memory, about, in bytes: their text, and 8 for each mark. */
  get size(): number {
    return this.#text.length + 8 * this.#marks.length;
  }

  get count(): number {
    let count = 0;
    for (let index = 0; index < this.#marks.length; index += MARKS_PER_FIELD) {
      if (this.#marks[index] !== DELETED) count++;
    }
    return count;
  }

  /** The value of the first field of a kind. */
  valueOf(kind: number): string | undefined {
    for (let index = 0; index < this.#marks.length; index += MARKS_PER_FIELD) {
      if (this.#marks[index] === kind) return this.#valueAt(index);
    }
    return undefined;
  }

  hasKind(kind: number): boolean {
    if ((this.#kinds & (1 << kind)) === 0) return false;
    for (let index = 0; index < this.#marks.length; index += MARKS_PER_FIELD) {
      if (this.#marks[index] === kind) return true;
    }
    return false;
  }

  /** The values of all fields of a kind, in order. */
  valuesOf(kind: number): string[] {
    const values: string[] = [];
    for (let index = 0; index < this.#marks.length; index += MARKS_PER_FIELD) {
      if (this.#marks[index] === kind) values.push(this.#valueAt(index));
    }
    return values;
  }

  /** All lines, in their order. */
  renderAll(): string {
    if ((this.#kinds & (1 << DELETED)) === 0) return this.#text;
    return [...this].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  }

  /** The lines to pass on: all but those of the dropped kinds and those the Connection field names. */
  render(dropped: KindSet): string {
    const named = this.#namedByConnection();
    const marks = this.#marks;
    let lines = '';
    let from = -1;
    for (let index = 0; index < marks.length; index += MARKS_PER_FIELD) {
      if (!this.#isDropped(index, dropped, named)) {
        if (from === -1) from = marks[index + LINE] as number;
      } else if (from !== -1) {
        lines += this.#text.slice(from, marks[index + LINE]);
        from = -1;
      }
    }
    return from === -1 ? lines : lines + this.#text.slice(from);
  }

  /** What `render` keeps, as a list of names in lower case and values, in the form node:http2 takes. */
  toList(dropped: KindSet): string[] {
    const named = this.#namedByConnection();
    const list: string[] = [];
    for (let index = 0; index < this.#marks.length; index += MARKS_PER_FIELD) {
      if (!this.#isDropped(index, dropped, named)) list.push(this.#nameAt(index).toLowerCase(), this.#valueAt(index));
    }
    return list;
  }

  /** A copy of what `render` keeps, and of the fields of kind `kept`, to be changed without changing this. */
  copy(dropped: KindSet, kept = DELETED): HeaderFields {
    const copy = new HeaderFields();
    const named = this.#namedByConnection();
    for (let index = 0; index < this.#marks.length; index += MARKS_PER_FIELD) {
      const kind = this.#marks[index] as number;
      const isKept = kind === kept && kind !== DELETED;
      if (isKept || !this.#isDropped(index, dropped, named)) {
        copy.appendKnown(kind, this.#nameAt(index), this.#valueAt(index));
      }
    }
    return copy;
  }

  #isDropped(index: number, dropped: KindSet, named: ReadonlySet<string> | undefined): boolean {
    if (dropped[this.#marks[index + KIND] as number] === 1) return true;
    return named?.has(this.#nameAt(index).toLowerCase()) === true;
  }

  /** Fields that Connection names are hop-by-hop too (RFC 9110, section 7.6.1). Undefined where it names none. */
  #namedByConnection(): ReadonlySet<string> | undefined {
    if (!this.hasKind(CONNECTION)) return undefined;
    let named: Set<string> | undefined;
    for (let index = 0; index < this.#marks.length; index += MARKS_PER_FIELD) {
      const value = this.#marks[index] === CONNECTION ? this.#valueAt(index) : '';
      if (NOT_A_FIELD_NAME.has(value)) continue;
      for (const part of value.split(',')) {
        const token = part.trim().toLowerCase();
        if (!NOT_A_FIELD_NAME.has(token)) {
          named ??= new Set();
          named.add(token);
        }
      }
    }
    return named;
  }

  #find(name: string, from: number): number {
    const marks = this.#marks;
    for (let index = from; index < marks.length; index += MARKS_PER_FIELD) {
      if (marks[index] === DELETED) continue;
      const length = (marks[index + NAME_END] as number) - (marks[index + LINE] as number);
      if (length === name.length && this.#nameAt(index).toLowerCase() === name.toLowerCase()) return index;
    }
    return -1;
  }

  #nameAt(index: number): string {
    return this.#text.slice(this.#marks[index + LINE], this.#marks[index + NAME_END]);
  }

  #valueAt(index: number): string {
    return this.#text.slice(this.#marks[index + VALUE], this.#marks[index + VALUE_END]);
  }
}
