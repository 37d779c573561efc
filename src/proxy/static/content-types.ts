import path from 'node:path';

export type ContentType = {
  /** As it stands in the header, with its charset where that matters. */
  readonly value: string;
  /** Whether files like this get smaller by compression: only their `.br`, `.zst` and `.gz` stand for them. */
  readonly isCompressible: boolean;
};

/** Text is UTF-8: no build of today writes anything else. */
const text = (value: string): ContentType => ({value: `${value}; charset=utf-8`, isCompressible: true});
const compressible = (value: string): ContentType => ({value, isCompressible: true});
const packed = (value: string): ContentType => ({value, isCompressible: false});

const HTML = text('text/html');
/** RFC 9239. */
const JAVASCRIPT = text('text/javascript');
const JSON_TEXT = compressible('application/json');
const UNKNOWN = packed('application/octet-stream');

/** By extension. The names are those of IANA's registry where it has one. */
const TYPES: Readonly<Record<string, ContentType>> = {
  html: HTML,
  htm: HTML,
  css: text('text/css'),
  js: JAVASCRIPT,
  mjs: JAVASCRIPT,
  cjs: JAVASCRIPT,
  txt: text('text/plain'),
  md: text('text/markdown'),
  csv: text('text/csv'),
  ics: text('text/calendar'),
  vtt: text('text/vtt'),
  xml: text('application/xml'),
  xsl: text('application/xml'),
  rss: text('application/rss+xml'),
  atom: text('application/atom+xml'),
  xhtml: text('application/xhtml+xml'),
  // RFC 8259 gives JSON no charset: it is UTF-8.
  json: JSON_TEXT,
  map: JSON_TEXT,
  jsonld: compressible('application/ld+json'),
  geojson: compressible('application/geo+json'),
  webmanifest: compressible('application/manifest+json'),
  wasm: compressible('application/wasm'),
  svg: text('image/svg+xml'),
  ico: compressible('image/vnd.microsoft.icon'),
  bmp: compressible('image/bmp'),
  png: packed('image/png'),
  apng: packed('image/apng'),
  jpg: packed('image/jpeg'),
  jpeg: packed('image/jpeg'),
  gif: packed('image/gif'),
  webp: packed('image/webp'),
  avif: packed('image/avif'),
  jxl: packed('image/jxl'),
  ttf: compressible('font/ttf'),
  otf: compressible('font/otf'),
  woff: packed('font/woff'),
  woff2: packed('font/woff2'),
  eot: compressible('application/vnd.ms-fontobject'),
  mp3: packed('audio/mpeg'),
  m4a: packed('audio/mp4'),
  aac: packed('audio/aac'),
  flac: packed('audio/flac'),
  wav: packed('audio/wav'),
  ogg: packed('audio/ogg'),
  oga: packed('audio/ogg'),
  opus: packed('audio/ogg'),
  mp4: packed('video/mp4'),
  m4v: packed('video/mp4'),
  webm: packed('video/webm'),
  ogv: packed('video/ogg'),
  mov: packed('video/quicktime'),
  pdf: packed('application/pdf'),
  zip: packed('application/zip'),
  gz: packed('application/gzip'),
  tgz: packed('application/gzip'),
  zst: packed('application/zstd'),
  glb: packed('model/gltf-binary'),
  gltf: compressible('model/gltf+json'),
};

/** Files without an extension whose readers insist on a type: Apple's universal links. */
const TYPES_OF_NAMES: Readonly<Record<string, ContentType>> = {'apple-app-site-association': JSON_TEXT};

/** By the name alone, never by the content; `application/octet-stream` where it says nothing. */
export function contentTypeOf(file: string): ContentType {
  const name = path.posix.basename(file);
  const extension = path.posix.extname(name).slice(1).toLowerCase();
  return findOwn(TYPES, extension) ?? findOwn(TYPES_OF_NAMES, name) ?? UNKNOWN;
}

export const isHtml = (type: ContentType): boolean => type === HTML;

const findOwn = (types: Readonly<Record<string, ContentType>>, key: string): ContentType | undefined =>
  Object.hasOwn(types, key) ? types[key] : undefined;
