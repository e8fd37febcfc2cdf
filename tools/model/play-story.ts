import { CASE_LAW } from './case-law.js';
import type { Deed } from './deed.js';
import { DISPUTE_LAW } from './dispute-law.js';
import { EXCLUSIONS } from './exclusions.js';
import type { Facts } from './facts.js';
import { INBOX_LAW, keptFault } from './inbox-law.js';
import type { Breach, Sentence } from './law.js';
import { LOG_LAW } from './log-law.js';
import { MONEY_LAW } from './money-law.js';
import { ORDER_LAW } from './order-law.js';
import { Performance } from './perform.js';
import { REFUND_LAW } from './refund-law.js';
import type { OpenStage, Stage } from './stage.js';
import type { Step, Story } from './story.js';
import { View } from './view.js';

/** Every sentence, in the order in which they are asked. */
export const LAW: readonly Sentence[] = [
  ...INBOX_LAW,
  ...MONEY_LAW,
  ...CASE_LAW,
  ...ORDER_LAW,
  ...REFUND_LAW,
  ...DISPUTE_LAW,
  ...LOG_LAW,
];

const NO_FAULT = 'gateways, operators and the clock cause no fault';

/** A breach, and the step that has caused it: the first is 1. */
export interface Failure extends Breach {
  readonly step: number;
  /** The exclusion that covers it; null if it is a failure of the model. */
  readonly excluded: string | null;
}

/** Plays a story and asks the law after each step. Null if every sentence holds to its end. */
export async function playStory(story: Story, name: string, open: OpenStage): Promise<Failure | null> {
  const stage = open(name);
  try {
    return await playOn(stage, story);
  } finally {
    await stage.end();
  }
}

async function playOn(stage: Stage, story: Story): Promise<Failure | null> {
  const performance = new Performance(stage);
  let before = await stage.facts();
  for (const [index, step] of story.entries()) {
    const deed = await performed(performance, step, before);
    const after = await stage.facts();
    const view = new View(before, after, deed, performance.sent, performance.names);
    const breach = breachIn(view);
    const excluded = breach && EXCLUSIONS.find(({ covers }) => covers(breach, view));
    if (breach) return { step: index + 1, ...breach, excluded: excluded?.name ?? null };
    before = after;
  }
  return null;
}

/** What the step has done. A use case throws for a fault of the service only, so that breaks the law whatever else holds. */
async function performed(performance: Performance, step: Step, before: Facts): Promise<Deed> {
  try {
    return await performance.perform(step, before);
  } catch (fault) {
    const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
    return { step, refused: false, caseId: null, keeps: null, fault: { sentence: NO_FAULT, text } };
  }
}

function breachIn(view: View): Breach | null {
  const { fault, keeps } = view.deed;
  if (fault) return fault;
  const kept = keptFault(view);
  if (kept !== null) return { sentence: keeps!.sentence, text: kept };
  for (const { says, broken } of LAW) {
    const text = broken(view);
    if (text !== null) return { sentence: says, text };
  }
  return null;
}
