import {isIP} from 'node:net';
import type {Manifest} from '../releases/manifest.js';
import {routePatterns} from './routes.js';

/** Zones whose names no public CA signs: RFC 2606, RFC 6761, RFC 6762, RFC 8375, and what ICANN keeps for private use. */
const PRIVATE_ZONE =
  /(?:^|\.)(?:test|localhost|local|internal|invalid|example|example\.(?:com|net|org)|home\.arpa|onion)$/;

/** The names that a release wants certificates of a CA for: its public hosts, where its `ssl` asks for that. */
export function orderedNames({ssl, routes}: Pick<Manifest, 'ssl' | 'routes'>): readonly string[] {
  if (ssl !== 'letsencrypt') return [];
  return routePatterns(routes)
    .map(({host}) => host)
    .filter(isPublic);
}

const isPublic = (host: string): boolean => host.includes('.') && isIP(host) === 0 && !PRIVATE_ZONE.test(host);
