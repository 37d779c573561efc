import type {RequestHead} from './client-side.js';

/**
 * Whether a person's browser goes to a page: it can be shown one that says to wait, and one with a script added. Fetches,
 * prefetches, images, frames' scripts and every tool get what they ask for and nothing else.
 */
export function isNavigation({method, fields}: RequestHead): boolean {
  if (method !== 'GET') return false;
  const accept = fields.get('accept');
  if (accept === undefined || !/\btext\/html\b/i.test(accept)) return false;
  // Older browsers and text browsers say nothing of the mode, but ask for HTML before all else.
  const isPageWanted = fields.has('sec-fetch-mode')
    ? fields.get('sec-fetch-mode') === 'navigate'
    : /^\s*text\/html\b/i.test(accept);
  return isPageWanted && !isPrefetch(fields.get('sec-purpose') ?? fields.get('purpose'));
}

/** `Sec-Purpose: prefetch;prerender` of the Fetch standard, `Purpose: prefetch` of browsers before it. */
const isPrefetch = (purpose: string | undefined): boolean => /^\s*prefetch\b/i.test(purpose ?? '');
