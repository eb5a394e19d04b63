import { createChat } from './chat/chat.ts';
import { createCloud } from './cloud/cloud.ts';
import { createPlans } from './plans/plans.ts';
import { createPlaybooks } from './playbooks/playbooks.ts';
import { createQueue } from './queue/queue.ts';
import { openVault } from './store/vault.ts';

/** How each room is made. A test hands in another one; nothing else does. */
export interface Parts {
  readonly openVault: typeof openVault;
  readonly createCloud: typeof createCloud;
  readonly createPlans: typeof createPlans;
  readonly createPlaybooks: typeof createPlaybooks;
  readonly createQueue: typeof createQueue;
  readonly createChat: typeof createChat;
  /** Answers are checked against their schema before they leave the core: for tests and development. */
  readonly checkAnswers: boolean;
}

export const standardParts: Parts = { openVault, createCloud, createPlans, createPlaybooks, createQueue, createChat, checkAnswers: false };
