import forge from 'node-forge';

const {asn1} = forge;
const {Class, Type} = asn1;

/** One ASN.1 value, not yet bytes. */
export type Asn1 = forge.asn1.Asn1;

export const sequence = (...values: Asn1[]): Asn1 => asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, values);
export const set = (...values: Asn1[]): Asn1 => asn1.create(Class.UNIVERSAL, Type.SET, true, values);
export const boolean = (value: boolean): Asn1 => primitive(Type.BOOLEAN, value ? '\xff' : '\0');
export const utf8String = (text: string): Asn1 => primitive(Type.UTF8, Buffer.from(text, 'utf8').toString('latin1'));
export const objectId = (dotted: string): Asn1 => primitive(Type.OID, asn1.oidToDer(dotted).getBytes());
export const octetString = (bytes: Uint8Array): Asn1 => primitive(Type.OCTETSTRING, binary(bytes));

/** An INTEGER from its big-endian two's complement bytes, which must be minimal already. */
export const integer = (...bytes: number[]): Asn1 => primitive(Type.INTEGER, String.fromCharCode(...bytes));

/** A BIT STRING; `unusedBits` counts those at the end of the last byte that carry nothing. */
export const bitString = (bytes: Uint8Array, unusedBits = 0): Asn1 =>
  primitive(Type.BITSTRING, String.fromCharCode(unusedBits) + binary(bytes));

/** A context-specific tag around other values: EXPLICIT, or IMPLICIT over a SEQUENCE. */
export const tagged = (tag: number, ...values: Asn1[]): Asn1 => asn1.create(Class.CONTEXT_SPECIFIC, tag, true, values);

/** A context-specific tag in place of a primitive's own (IMPLICIT). */
export const taggedBytes = (tag: number, bytes: Uint8Array): Asn1 =>
  asn1.create(Class.CONTEXT_SPECIFIC, tag, false, binary(bytes));

/**
 * Time as RFC 5280 section 4.1.2.5 wants it: UTCTime through 2049, GeneralizedTime from 2050; UTC, whole seconds.
 * `ms` is milliseconds since the epoch.
 */
export function time(ms: number): Asn1 {
  const date = new Date(ms);
  return date.getUTCFullYear() < 2050
    ? primitive(Type.UTCTIME, asn1.dateToUtcTime(date))
    : primitive(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date));
}

export const encode = (value: Asn1): Buffer => Buffer.from(asn1.toDer(value).getBytes(), 'latin1');

/** Throws when the bytes are not DER. What BIT and OCTET STRINGs hold stays bytes. */
export const decode = (der: Uint8Array): Asn1 => fromDer(binary(der), {strict: true, decodeBitStrings: false});

/** The values inside a constructed value; none inside a primitive one. */
export const children = (value: Asn1 | undefined): Asn1[] => (Array.isArray(value?.value) ? value.value : []);

/** The bytes of a primitive value; none of a constructed one. */
export const contents = (value: Asn1 | undefined): Buffer =>
  Buffer.from(typeof value?.value === 'string' ? value.value : '', 'latin1');

export const isContext = (value: Asn1, tag: number): boolean =>
  value.tagClass === Class.CONTEXT_SPECIFIC && value.type === tag;

export const isObjectId = (value: Asn1 | undefined, dotted: string): boolean =>
  value?.type === Type.OID && contents(value).equals(contents(objectId(dotted)));

// The published types lack the options. By default forge takes a BIT STRING apart when its bytes happen to be
// DER, and one elliptic curve key in 256 (0x04 0x3f ...) looks like an OCTET STRING.
const fromDer = asn1.fromDer as (der: string, options?: boolean | DecodeOptions) => Asn1;

type DecodeOptions = {readonly strict: boolean; readonly decodeBitStrings: boolean};

const primitive = (type: forge.asn1.Type, value: string): Asn1 => asn1.create(Class.UNIVERSAL, type, false, value);
const binary = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
