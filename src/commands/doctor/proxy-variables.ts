import {type Finding, fine, warning} from './finding.js';

const PROXIES = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'] as const;

/**
 * Whether programs are told to ask a proxy for names of apps as well. Most read the variables in small letters, some those
 * in capitals, so both have to be right.
 */
export function checkProxies(environment: NodeJS.ProcessEnv, zones: readonly string[]): readonly Finding[] {
  const named = PROXIES.flatMap(name => [name, name.toLowerCase()]);
  const proxies = named.filter(name => environment[name]);
  if (proxies.length === 0) return [fine('proxy-variables', 'no proxy is named in the environment')];
  const exceptions = [environment.no_proxy, environment.NO_PROXY].filter(value => value !== undefined);
  const wanted = [...zones, 'localhost'];
  const lacking = wanted.filter(
    zone => exceptions.length === 0 || exceptions.some(exception => !isExempt(exception, `app.${zone}`)),
  );
  if (lacking.length === 0) {
    return [fine('proxy-variables', `${proxies.join(', ')}: not asked for names of apps, by NO_PROXY`)];
  }
  const observed = `${proxies.join(', ')} send${proxies.length === 1 ? 's' : ''} ${lacking.map(zone => `.${zone}`).join(' and ')} to ${hostOf(environment[proxies[0] ?? ''])}`;
  return [warning('proxy-variables', observed, fixFor(exceptions, lacking))];
}

/** As curl and its like read NO_PROXY: names and what is below them, with or without a dot in front; `*` is everything. */
function isExempt(exception: string, host: string): boolean {
  const names = exception.split(/[\s,]+/).map(name => name.replace(/^\*?\./, '').toLowerCase());
  return names.some(name => name === '*' || host === name || (name !== '' && host.endsWith(`.${name}`)));
}

function fixFor(exceptions: readonly string[], lacking: readonly string[]): string {
  const known = exceptions.flatMap(value => value.split(/[\s,]+/)).filter(Boolean);
  const all = [...new Set([...known, ...lacking.map(zone => `.${zone}`), 'localhost', '127.0.0.1', '::1'])].join(',');
  return `export NO_PROXY='${all}' no_proxy='${all}'`;
}

/** Never its password. */
function hostOf(proxy: string | undefined): string {
  try {
    return new URL(/^\w+:\/\//.test(proxy ?? '') ? (proxy ?? '') : `http://${proxy}`).host;
  } catch {
    return 'a proxy';
  }
}
