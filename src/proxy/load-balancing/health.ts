// What the results of health checks make of a backend. One result decides nothing: a backend changes sides only after
// several of the other kind in a row, so that a lost packet does not empty it and a crash loop does not fill it.

/** `failed` and `passed` count the checks in a row that speak against the present state. */
export type Health =
  | {readonly state: 'healthy'; readonly failed: number}
  | {readonly state: 'unhealthy'; readonly passed: number};

export type HealthThresholds = {
  /** Passed checks in a row that make an unhealthy backend healthy. */
  readonly rise: number;
  /** Failed checks in a row that make a healthy backend unhealthy. */
  readonly fall: number;
};

/** HAProxy's (its manual, server options `rise` and `fall`). */
export const DEFAULT_HEALTH_THRESHOLDS: HealthThresholds = {rise: 2, fall: 3};

export const HEALTHY: Health = {state: 'healthy', failed: 0};
export const UNHEALTHY: Health = {state: 'unhealthy', passed: 0};

/** What a backend's health is after one more check. */
export function afterCheck(health: Health, isPassed: boolean, {rise, fall}: HealthThresholds): Health {
  switch (health.state) {
    case 'healthy': {
      const failed = isPassed ? 0 : health.failed + 1;
      return failed >= fall ? UNHEALTHY : {state: 'healthy', failed};
    }
    case 'unhealthy': {
      const passed = isPassed ? health.passed + 1 : 0;
      return passed >= rise ? HEALTHY : {state: 'unhealthy', passed};
    }
  }
}
