import type { AgentName } from '../contracts/chat.ts';

export interface Classification {
  agent: AgentName;
  confidence: number;
}

const rules: readonly (readonly [AgentName, RegExp, number])[] = [
  ['task', /^(?:note\b|(?:take|make|add|write) (?:a |down )?(?:a )?note\b|(?:rename|delete|remove|make .* (?:urgent|important)|complete|finish|reopen)\b)(?!.*\b(?:calendar|meeting|event|appointment|e-?mail)\b)/i, 0.8],
  ['calendar', /\b(?:what do i have|what(?:'s| is) (?:on|happening)|am i busy)\b(?!.*\b(?:list|to do|task))/i, 0.75],
  ['analytics', /\b(?:productiv\w*|analytics|how many (?:hours|tasks)|percentage of my|streak|habit|compare (?:this|last)|trend|my performance|statistics|time did i spend|busiest)\b/i, 0.9],
  ['email', /\b(?:e-?mails?|inbox|mailbox|mail)\b/i, 0.9],
  ['task', /\b(?:remind me to|to-?do|todo|tasks?|(?:shopping|grocery) list|lists?|remember to|overdue|due|mark .* (?:done|complete))\b|(?:^|\s)[#!+][a-z]/i, 0.85],
  ['calendar', /\b(?:calendar|meetings?|appointments?|events?|schedule|agenda|remind(?:er)?|am i free|dentist)\b/i, 0.85],
  ['task', /^(?:buy|call|pay|send|write|finish|clean|fix|submit|prepare|review|pick up|book|order|get)\b/i, 0.6],
];

/** Which agent a text is for. */
export function classify(text: string): Classification {
  for (const [agent, pattern, confidence] of rules) if (pattern.test(text)) return { agent, confidence };
  return { agent: 'general', confidence: 0.6 };
}
