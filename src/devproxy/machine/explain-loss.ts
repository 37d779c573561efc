import {renderCommand} from '../../system/exec.js';
import type {NameFacts} from './name-facts.js';
import {planNames} from './plan-names.js';

export type LossOptions = {readonly zones: readonly string[]; readonly dnsPort: number};

/** That names are not found any more, why, as far as the machine shows it, and what to do. Pure. */
export function explainLoss(facts: NameFacts, {zones, dnsPort}: LossOptions): string {
  const lost = `this machine does not find names under ${zones.map(zone => `.${zone}`).join(', ')} any more`;
  const [change] = planNames(facts, {zones, hosts: [], ports: {dns: dnsPort}}).changes;
  const again = change?.apply.at(-1);
  if (facts.hasOwn && again) return `${lost}; this tells its resolver again: ${renderCommand(again, false)}`;
  if (change?.id === 'names-hosts') {
    const servers = facts.nameservers.join(', ') || 'no name server';
    return `${lost}: it asks ${servers} now, as a VPN may have set it; "tako setup" finds another way`;
  }
  return `${lost}: "tako setup" sets them up again, and "tako doctor" tells more`;
}
