import {walkJson} from './secret-json.js';
import {MASK, type SecretWalk, walkLinks, walkPairs} from './secret-text.js';

/**
 * The body of a message, its content coding undone. Secrets are looked for in the bytes, whatever else those are, so that a
 * body that is not quite text hides none.
 */
export function walkBody(bytes: Buffer, contentType: string, side: 'request' | 'response', walk: SecretWalk): Buffer {
  const type = contentType.toLowerCase();
  if (PICTURES.test(type)) return bytes;
  const text = bytes.toString('latin1');
  const walked = walkText(text, contentType, side, walk);
  return walked === text ? bytes : Buffer.from(walked, 'latin1');
}

const PICTURES = /^(?:image|video|audio|font)\/(?!svg)/;

function walkText(text: string, contentType: string, side: 'request' | 'response', walk: SecretWalk): string {
  if (/^application\/x-www-form-urlencoded/i.test(contentType)) return walkPairs(text, 'form', walk);
  const inJson = walkJson(text, `${side}-json`, walk);
  if (/^multipart\//i.test(contentType)) return walkParts(inJson, walk);
  return WITH_LINKS.test(contentType) ? walkLinks('link', inJson, walk) : inJson;
}

/** In code, what looks like a query may be an expression. */
const WITH_LINKS = /^$|[/+]json\b|^text\/(?!javascript|css)/i;

/** The parts of multipart/form-data: RFC 7578. Each has its name in Content-Disposition. */
function walkParts(text: string, {names, visit}: SecretWalk): string {
  return text.replace(
    PART,
    (part, head: string, quoted: string | undefined, plain: string | undefined, value: string) => {
      const name = quoted ?? plain ?? '';
      return value !== '' && names.has('form', name) ? head + visit(`part ${name}`, value, MASK) : part;
    },
  );
}

/** Up to the next delimiter, or to the end of what is kept. */
const PART =
  /(content-disposition:[^\r\n]*?;[ \t]*name=(?:"([^"\r\n]*)"|([^\s;"]+))[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n)([\s\S]*?)(?=\r\n--|$)/gi;
