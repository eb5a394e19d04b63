import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';

/** More occurrences of one record than anybody can look at; a rule that yields more in a span is cut there. */
export const mostOccurrences = 400;

/** Work that one rule may cause: rules come from outside, and one that counts has to be walked from its first day. */
const effort = { maxIterations: 1_000, maxCandidateEvaluations: 5_000 } as const;
/** Times a day that one rule may name. */
const mostADay = 8;

/** How much work a rule is, in the cost of one step of the library; undefined for one that is refused unread. */
export function costOf(rule: string): number | undefined {
  if (/FREQ=(?:SECONDLY|MINUTELY|HOURLY)/.test(rule)) return undefined;
  const lists = [...rule.matchAll(/BY(?:HOUR|MINUTE|SECOND)=([^;]*)/g)].map(([, list]) => list!.split(',').length);
  if (lists.reduce((product, length) => product * length, 1) > mostADay) return undefined;
  const count = Number(/COUNT=(\d+)/.exec(rule)?.[1] ?? 0);
  return Math.max(10, Math.min(count, effort.maxIterations));
}

/**
 * Starts of a recurring record between two wall times (both inclusive), all in seconds on the clock of the record's zone. Rules repeat on the wall clock
 * (RFC 5545 §3.3.5), so they are expanded there and the zone comes in afterwards. Undefined where the rule is not valid or asks for more work than
 * is given to it.
 */
export function startsOf(rule: string, first: number, from: number, to: number): number[] | undefined {
  if (costOf(rule) === undefined) return undefined;
  try {
    const dtstart = zoned(first);
    const expanded = new RRuleTemporal({ rruleString: `RRULE:${rule}`, dtstart, temporal: Temporal, ...effort });
    const starts = expanded.between(new Date(Math.max(from, first) * 1000), new Date(to * 1000), true);
    return starts.slice(0, mostOccurrences).map((start) => start.epochMilliseconds / 1000);
  } catch {
    return undefined;
  }
}

/** A wall time, written as if its clock were UTC. */
const zoned = (wall: number) => Temporal.Instant.fromEpochMilliseconds(wall * 1000).toZonedDateTimeISO('UTC');
