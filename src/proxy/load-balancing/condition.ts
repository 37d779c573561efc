// The whole condition of a backend: what checks say (health), what requests say (standing), and how far its slow start
// is. Each event is one function from a condition to the next; nothing here waits, sends or remembers.

import type {Availability, BackendState} from './backend.js';
import {
  afterEjection,
  afterReport,
  CLEAN,
  type EjectionSettings,
  type Outcome,
  type ReportContext,
  type Standing,
} from './ejection.js';
import {afterCheck, HEALTHY, type Health, type HealthThresholds, UNHEALTHY} from './health.js';
import {rampedWeight, rampStepMs} from './slow-start.js';

export type Condition = {
  readonly health: Health;
  readonly standing: Standing;
  /** When its slow start began, as the clock gives it; undefined when the full weight counts. */
  readonly rampSince: number | undefined;
};

export type ConditionSettings = {
  readonly thresholds: HealthThresholds;
  readonly ejection: EjectionSettings | 'off';
  /** 0 for none. */
  readonly slowStartMs: number;
};

/** What a backend begins with. One that joins others at work starts slowly. */
export function firstCondition(health: Health['state'], joinedAt: number | undefined): Condition {
  return {health: health === 'healthy' ? HEALTHY : UNHEALTHY, standing: CLEAN, rampSince: joinedAt};
}

/** A health check has ended. */
export function checked(condition: Condition, isPassed: boolean, now: number, settings: ConditionSettings): Condition {
  return withHealth(condition, afterCheck(condition.health, isPassed, settings.thresholds), now);
}

/** Somebody who checks in our place says how the backend is. */
export function told(condition: Condition, isHealthy: boolean, now: number): Condition {
  return withHealth(condition, isHealthy ? HEALTHY : UNHEALTHY, now);
}

/** A backend that comes back is most likely a new process: what was held against the old one is forgotten. */
function withHealth(condition: Condition, health: Health, now: number): Condition {
  const hasReturned = condition.health.state === 'unhealthy' && health.state === 'healthy';
  return hasReturned ? {health, standing: CLEAN, rampSince: now} : {...condition, health};
}

/** A request has ended. */
export function reported(
  condition: Condition,
  outcome: Outcome,
  context: ReportContext,
  settings: ConditionSettings,
): Condition {
  if (settings.ejection === 'off') return condition;
  const standing = afterReport(condition.standing, outcome, context, settings.ejection);
  return standing === condition.standing ? condition : {...condition, standing};
}

/** Time has passed: an ejection may be over, which begins a slow start, and a slow start may be. */
export function settled(condition: Condition, now: number, {slowStartMs}: ConditionSettings): Condition {
  const standing = afterEjection(condition.standing, now);
  const began = standing !== condition.standing && standing.state === 'admitted' ? standing.since : condition.rampSince;
  const rampSince = began !== undefined && now - began < slowStartMs ? began : undefined;
  if (standing === condition.standing && rampSince === condition.rampSince) return condition;
  return {...condition, standing, rampSince};
}

/** When `settled` will next change something by itself; Infinity for never. */
export function nextChangeAt({standing, rampSince}: Condition, now: number, {slowStartMs}: ConditionSettings): number {
  const isOver = standing.state === 'ejected' ? standing.until : Number.POSITIVE_INFINITY;
  return rampSince === undefined ? isOver : Math.min(isOver, now + rampStepMs(slowStartMs));
}

/** Whether requests go there. Health comes first: an ejected backend may still be the last resort, a dead one never. */
export function availabilityOf({health, standing}: Condition): Availability {
  if (health.state === 'unhealthy') return 'unhealthy';
  return standing.state === 'ejected' ? 'ejected' : 'available';
}

/** The condition in one word. */
export function stateOf(condition: Condition): BackendState {
  const availability = availabilityOf(condition);
  if (availability !== 'available') return availability;
  return condition.rampSince === undefined ? 'healthy' : 'slow-start';
}

/** What of `weight` counts now. */
export function weightNow(
  {rampSince}: Condition,
  weight: number,
  now: number,
  {slowStartMs}: ConditionSettings,
): number {
  return rampSince === undefined ? weight : rampedWeight(weight, now - rampSince, slowStartMs);
}
