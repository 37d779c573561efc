// Adds a piece to an HTML document that streams by: before `</head>`, else before `</body>` or `</html>`, else at the end.
//
// It reads as much of HTML's tokens (section 13.2.5) as is needed to not take a script's text, a comment or an attribute
// for a tag. What came is passed on at once, but for a tag whose name is not complete, and a <meta>: a document that
// states a policy of its own there is left alone.

/** Gives what is to be sent instead of a chunk; the last call has `isLast`. */
export type Insertion = (chunk: Buffer, isLast: boolean) => Buffer;

/** Elements whose content is text up to their end tag. */
const RAW = new Set(['script', 'style', 'title', 'textarea', 'xmp', 'iframe', 'noembed', 'noframes', 'noscript']);
const ENDS = new Set(['/head', '/body', '/html']);
/** No name that matters is longer, with its slash. */
const MAX_NAME = 10;
/** A <meta> is held back until it ends; one that is longer is passed on unread. */
const MAX_META = 4_096;

const EXCLAMATION = 0x21;
const QUESTION = 0x3f;
const LESS = 0x3c;
const GREATER = 0x3e;
const SLASH = 0x2f;
const EQUALS = 0x3d;
const DASH = 0x2d;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;

type State = 'text' | 'name' | 'tag' | 'value' | 'quoted' | 'comment';

export function createInsertion(addition: Buffer): Insertion {
  const scanner = createScanner();
  let held: Buffer | undefined;
  let isDone = false;
  let isFirst = true;

  return (chunk, isLast) => {
    if (isDone) return chunk;
    const bytes = held === undefined ? chunk : Buffer.concat([held, chunk]);
    if (isFirst && bytes.length > 0) {
      isFirst = false;
      // UTF-16: nothing in it can be found, nor may be added, as single bytes.
      isDone = bytes[0] === 0xff || bytes[0] === 0xfe;
      if (isDone) return bytes;
    }
    const found = scanner.scan(bytes, held?.length ?? 0);
    held = undefined;
    isDone = found.type !== 'nothing';
    if (found.type === 'end-tag') return insertAt(bytes, found.at, addition);
    if (isDone) return bytes;
    if (isLast) return scanner.isInText ? Buffer.concat([bytes, addition]) : bytes;
    const keptFrom = scanner.heldFrom ?? bytes.length;
    // A copy, as the bytes of a chunk are someone else's once it was passed on.
    if (keptFrom < bytes.length) held = Buffer.from(bytes.subarray(keptFrom));
    return bytes.subarray(0, keptFrom);
  };
}

const insertAt = (bytes: Buffer, at: number, addition: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), addition, bytes.subarray(at)]);

/** `own-policy`: a <meta> that states a Content-Security-Policy. */
type Found =
  | {readonly type: 'nothing'}
  | {readonly type: 'end-tag'; readonly at: number}
  | {readonly type: 'own-policy'};

type Scanner = {
  /** Reads on from `from`; what stands before was read already. */
  scan(bytes: Buffer, from: number): Found;
  /** Where the undecided tag begins, if there is one. */
  readonly heldFrom: number | undefined;
  /** Whether a tag could stand here. */
  readonly isInText: boolean;
};

const NOTHING: Found = {type: 'nothing'};

function createScanner(): Scanner {
  let state: State = 'text';
  /** The element whose text this is. */
  let raw = '';
  let name = '';
  let quote = 0;
  let dashes = 0;
  let isMeta = false;
  let heldFrom: number | undefined;

  /** A name is complete: decides what it begins. */
  function begin(bytes: Buffer, at: number): Found {
    const from = heldFrom as number;
    heldFrom = undefined;
    state = 'tag';
    if (raw !== '') {
      if (name === `/${raw}`) raw = '';
      else state = 'text';
    } else if (!/^\/?[a-z]|^[!?]/.test(name)) {
      state = 'text';
    } else if (ENDS.has(name)) {
      return {type: 'end-tag', at: from};
    } else if (name === 'meta') {
      isMeta = true;
      heldFrom = from;
    } else if (RAW.has(name)) {
      raw = name;
    }
    return follow(bytes, at);
  }

  function follow(bytes: Buffer, at: number): Found {
    const byte = bytes[at] as number;
    if (state === 'text' && byte === LESS) openName(at);
    else if (state === 'name') return readName(bytes, at);
    else if (state === 'tag') return readTag(bytes, at);
    else if (state === 'value') return readValue(bytes, at);
    else if (state === 'quoted' && byte === quote) state = 'tag';
    else if (state === 'comment') readComment(byte);
    return NOTHING;
  }

  function openName(at: number): void {
    state = 'name';
    name = '';
    heldFrom = at;
  }

  function readName(bytes: Buffer, at: number): Found {
    const byte = bytes[at] as number;
    const isPart = name === '' ? isOpener(byte) : !isSpace(byte) && byte !== SLASH && byte !== GREATER;
    // In raw text nothing but its end tag has a name: another `<` may begin that.
    const isOther = raw !== '' && byte === LESS;
    if (!isPart || isOther || name.length >= MAX_NAME) return begin(bytes, at);
    name += String.fromCharCode(byte).toLowerCase();
    if (name === '!--' && raw === '') {
      state = 'comment';
      dashes = 2;
      heldFrom = undefined;
    }
    return NOTHING;
  }

  function readTag(bytes: Buffer, at: number): Found {
    const byte = bytes[at] as number;
    if (byte === EQUALS) state = 'value';
    if (byte !== GREATER) return NOTHING;
    state = 'text';
    return isMeta ? endMeta(bytes, at) : NOTHING;
  }

  function readValue(bytes: Buffer, at: number): Found {
    const byte = bytes[at] as number;
    if (isSpace(byte)) return NOTHING;
    state = 'tag';
    if (byte !== DOUBLE_QUOTE && byte !== SINGLE_QUOTE) return readTag(bytes, at);
    state = 'quoted';
    quote = byte;
    return NOTHING;
  }

  function readComment(byte: number): void {
    if (byte === GREATER && dashes >= 2) state = 'text';
    dashes = byte === DASH ? dashes + 1 : 0;
  }

  function endMeta(bytes: Buffer, at: number): Found {
    const tag = heldFrom === undefined ? '' : bytes.toString('latin1', heldFrom, at);
    isMeta = false;
    heldFrom = undefined;
    return /content-security-policy/i.test(tag) ? {type: 'own-policy'} : NOTHING;
  }

  return {
    scan(bytes, from) {
      // What was held back stands at the front now.
      if (heldFrom !== undefined) heldFrom = 0;
      for (let at = from; at < bytes.length; at++) {
        const found = follow(bytes, at);
        if (found.type !== 'nothing') return found;
        if (isMeta && heldFrom !== undefined && at - heldFrom > MAX_META) heldFrom = undefined;
      }
      return NOTHING;
    },
    get heldFrom() {
      return heldFrom;
    },
    get isInText() {
      return state === 'text' && raw === '';
    },
  };
}

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
/** What makes a tag or a comment of `<` when it stands right behind it. */
const isOpener = (byte: number): boolean =>
  byte === SLASH || byte === EXCLAMATION || byte === QUESTION || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);
