// Whether a page's Content-Security-Policy lets a script of its own host run, and ask its own host: CSP Level 3.

/** How a script may be added: with the nonce the policy asks for, if it does. Undefined: not at all. */
export type ScriptPermission = {readonly nonce: string | undefined} | undefined;

type Policy = ReadonlyMap<string, readonly string[]>;

/** `values` are those of all its Content-Security-Policy fields: every policy among them must allow it. */
export function findScriptPermission(values: readonly string[]): ScriptPermission {
  const policies = values.flatMap(value => value.split(',')).map(parsePolicy);
  const nonce = policies.map(policy => nonceOf(scriptSources(policy))).find(found => found !== undefined);
  return policies.every(policy => isScriptAllowed(policy, nonce) && isFetchAllowed(policy)) ? {nonce} : undefined;
}

/** Of a directive that is stated twice the first counts: CSP 3, section 2.2.1. */
function parsePolicy(text: string): Policy {
  const directives = new Map<string, readonly string[]>();
  for (const directive of text.split(';')) {
    const [name = '', ...sources] = directive.trim().split(/\s+/);
    const key = name.toLowerCase();
    if (!directives.has(key)) directives.set(key, sources);
  }
  return directives;
}

const scriptSources = (policy: Policy): readonly string[] | undefined =>
  policy.get('script-src-elem') ?? policy.get('script-src') ?? policy.get('default-src');

function isScriptAllowed(policy: Policy, nonce: string | undefined): boolean {
  const sandbox = policy.get('sandbox');
  if (sandbox !== undefined && !has(sandbox, 'allow-scripts')) return false;
  const sources = scriptSources(policy);
  if (sources === undefined) return true;
  if (nonce !== undefined && nonceOf(sources) === nonce) return true;
  // With it, only scripts that are trusted already may add others: host sources do not count.
  return !has(sources, "'strict-dynamic'") && allowsSelf(sources);
}

function isFetchAllowed(policy: Policy): boolean {
  const sources = policy.get('connect-src') ?? policy.get('default-src');
  return sources === undefined || allowsSelf(sources);
}

/** A host source that names the page's own host is not looked for: such a policy says 'self'. */
const allowsSelf = (sources: readonly string[]): boolean =>
  has(sources, "'self'") || has(sources, '*') || has(sources, 'https:');

/** CSP 3, section 2.3.1: base64 of either alphabet, so that it can stand in an attribute as it is. */
const NONCE = /^'nonce-([A-Za-z0-9+/_-]+={0,2})'$/i;

const nonceOf = (sources: readonly string[] | undefined): string | undefined =>
  sources?.map(source => NONCE.exec(source)?.[1]).find(found => found !== undefined);

const has = (sources: readonly string[], wanted: string): boolean =>
  sources.some(source => source.toLowerCase() === wanted);
