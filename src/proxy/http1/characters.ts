// Which bytes may stand where in a head. A table look-up a byte is what the parser's speed hangs on.

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const COLON = 0x3a;

const UNDERSCORE = 0x5f;
/** Marks the one token character that needs a second look. */
export const IS_UNDERSCORE = 2;

/** RFC 9110, section 5.6.2: `token`. */
export const IN_TOKEN = tableOf(isTokenCharacter);
/** RFC 9110, section 5.5: printable characters, spaces, tabs, and bytes above ASCII. No control characters. */
export const IN_VALUE = tableOf(byte => byte === TAB || (byte >= SPACE && byte !== 0x7f));
/**
 * What clients send in a target: RFC 3986 and the printable characters browsers leave as they are in a query. A fragment
 * never travels, and spaces, controls and bytes above ASCII are not part of any target.
 */
export const IN_TARGET = tableOf(byte => byte > SPACE && byte < 0x7f && byte !== 0x23);

function tableOf(isAllowed: (byte: number) => boolean): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) {
    if (isAllowed(byte)) table[byte] = byte === UNDERSCORE ? IS_UNDERSCORE : 1;
  }
  return table;
}

function isTokenCharacter(byte: number): boolean {
  return /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(byte));
}
