// Counters and one histogram, and how Prometheus reads them (its text format, version 0.0.4).

/** Upper bounds in seconds: those that Prometheus' own clients begin with. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type Metrics = {
  /** One request is over. A path or a method has no place here: clients could make up new ones for ever. */
  observe(status: number, seconds: number): void;
  /** `inFlight` is how many are not over. */
  render(inFlight: number): string;
};

export function createMetrics(): Metrics {
  const byStatus = new Map<number, number>();
  const upTo = BOUNDS.map(() => 0);
  let count = 0;
  let sum = 0;
  return {
    observe(status, seconds) {
      byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
      BOUNDS.forEach((bound, index) => {
        if (seconds <= bound) upTo[index] = (upTo[index] ?? 0) + 1;
      });
      count += 1;
      sum += seconds;
    },
    render: inFlight =>
      [
        '# TYPE proxy_requests_total counter',
        ...[...byStatus].map(([status, times]) => `proxy_requests_total{status="${status}"} ${times}`),
        '# TYPE proxy_request_duration_seconds histogram',
        ...BOUNDS.map((bound, index) => `proxy_request_duration_seconds_bucket{le="${bound}"} ${upTo[index]}`),
        `proxy_request_duration_seconds_bucket{le="+Inf"} ${count}`,
        `proxy_request_duration_seconds_sum ${sum}`,
        `proxy_request_duration_seconds_count ${count}`,
        '# TYPE proxy_requests_in_flight gauge',
        `proxy_requests_in_flight ${inFlight}`,
        '',
      ].join('\n'),
  };
}
