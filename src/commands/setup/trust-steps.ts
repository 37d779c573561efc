import type {TrustChange, TrustPlan} from '../../ca/trust/trust-store.js';
import {carryOutPlan} from '../trust.js';
import {describeCommand, type Step} from './step.js';

/** A step for each store. */
export function trustSteps({changes}: TrustPlan, titleOf: (store: string) => string): readonly Step[] {
  return [...Map.groupBy(changes, ({store}) => store)].map(([store, ofStore]) => ({
    title: titleOf(store),
    details: ofStore.map(({command}) => describeCommand(command)),
    needsRoot: ofStore.some(({command}: TrustChange) => command.elevated === true),
    run: run => carryOutPlan({changes: ofStore}, run),
  }));
}
