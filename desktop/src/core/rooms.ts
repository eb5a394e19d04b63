import { accountRow } from './account-row.ts';
import type { Chat } from './chat/chat.ts';
import type { Cloud } from './cloud/cloud.ts';
import type { Feed } from './feed.ts';
import type { Host } from './host.ts';
import type { Parts } from './parts.ts';
import type { Plans } from './plans/plans.ts';
import type { Playbooks } from './playbooks/playbooks.ts';
import type { Queue } from './queue/queue.ts';
import { createRecords, type Records } from './records/records.ts';
import { startReminders } from './records/reminders.ts';
import { createAutoLock } from './settings/auto-lock.ts';
import { createSettings, type SettingsRoom } from './settings/settings.ts';
import type { Store } from './store/store.ts';
import { watchOthers } from './watch.ts';

/** The rooms that live from unlock to lock. */
export interface Rooms {
  readonly store: Store;
  readonly cloud: Cloud;
  readonly plans: Plans;
  readonly playbooks: Playbooks;
  readonly queue: Queue;
  readonly chat: Chat;
  readonly records: Records;
  readonly settings: SettingsRoom;
  /** Who the user is to the assistant: what they chose, else what their system says. */
  profile(): Promise<{ displayName: string; timeZone: string; locale: string }>;
  /** Somebody uses the vault: the automatic lock waits anew. */
  touch(): void;
  /** Goes on with what an earlier run of the program left: answers, queue, notifications, reminders. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface RoomsDeps {
  readonly host: Host;
  readonly parts: Parts;
  readonly feed: Feed;
  /** The vault was not used for as long as the settings say. */
  readonly lock: () => void;
}

/** What every connection to the cloud of this host is made with. */
export const cloudFacts = ({ cloudUrl, deviceName, fetch, clock, random, log }: Host) => ({ baseUrl: cloudUrl, deviceName, fetch, clock, random, log });

/** Makes the rooms over an open store. Nothing runs before `start`. */
export function openRooms(store: Store, { host, parts, feed, lock }: RoomsDeps): Rooms {
  const { clock, random, log } = host;
  const { announce } = feed;
  const open = () => store;
  const notify = (title: string, body: string) => {
    announce('notification', { title, body });
    try {
      host.notify(title, body);
    } catch (error) {
      failed('notify')(error);
    }
  };
  const cloud = parts.createCloud({ ...cloudFacts(host), tokens: accountRow(store) });
  const plans = parts.createPlans({ store: open, announce, clock, random, log, notify, llm: cloud.llmStep });
  const queue = parts.createQueue({ store: open, announce, clock, random, log });
  const settings = createSettings({ store: open, announce });
  const profile = async () => {
    const { displayName, timeZone } = await settings.get();
    return { displayName, timeZone: timeZone ?? host.timeZone, locale: host.locale };
  };
  const chat = parts.createChat({ store: open, announce, clock, random, log, cloud, plans, queue, profile });
  const playbooks = parts.createPlaybooks({ store: open, announce, clock, random, cloud, plans, queue, profile });
  const records = createRecords({ store: open, plans });
  const undo: (() => void)[] = [];
  let touch = () => {};

  async function tellStatus(): Promise<void> {
    announce('status.changed', { connectivity: cloud.connectivity(), queue: await store.t.queue.counts() });
  }

  /** Only where somebody can see it: a reminder said to nobody would be lost. */
  const canShow = () => host.name === 'electron' || (host.name === 'web' && feed.watched());
  const failed = (task: string) => (error: unknown) => log.warn('core.task_failed', { name: task, reason: error instanceof Error ? error.name : 'unknown' });
  const inBackground = (task: string, work: Promise<unknown>) => void work.catch(failed(task));

  return {
    store,
    cloud,
    plans,
    playbooks,
    queue,
    chat,
    records,
    settings,
    profile,
    touch: () => touch(),
    async start() {
      const status = () => inBackground('status', tellStatus());
      undo.push(cloud.onConnectivity(status), queue.onChange(status));
      undo.push(cloud.session.onAccount((account) => announce('account.changed', { account, cloudUrl: host.cloudUrl })));
      await cloud.session.load();
      // A command works beside a window, whose answers under way it must not take for ones that were cut off.
      if (host.name === 'cli') return;
      undo.push(playbooks.keepFresh(failed('playbooks')));
      await chat.recover();
      await plans.recover();
      undo.push(startReminders({ store: open, clock, notify, canShow, failed: failed('reminders') }).close);
      undo.push(watchOthers({ store, plans, feed, clock, looked: async () => void (await cloud.session.load()), failed: failed('watch') }).close);
      const autoLock = createAutoLock({ clock, minutes: async () => (await settings.get()).autoLockMinutes, lock });
      undo.push(autoLock.close);
      touch = autoLock.touch;
    },
    async close() {
      for (const stop of undo.splice(0)) stop();
      plans.close();
      await chat.close();
      await queue.close();
      cloud.session.unload();
      cloud.close();
    },
  };
}
