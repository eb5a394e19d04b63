import { type KeyboardEvent, useEffect, useRef } from 'react';
import { dayHeading, weekdayName } from '../../words/dates.ts';
import { useHere } from '../../data/hooks.ts';
import { type Civil, daysBetween, isoOf } from '../../words/zone.ts';
import { usePanels } from '../shell/panels.ts';
import type { Day, Placed } from './days.ts';
import { EventButton } from './event-button.tsx';

const hours = Array.from({ length: 24 }, (_, hour) => hour);
const hourPx = 48;
const opensAt = 7.5;

/** Seven days side by side. Arrow keys move between days, Enter makes an event there. */
export function Week({ days, today, onChoose }: { days: readonly Day[]; today: Civil; onChoose: (date: Civil) => void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // In newer browsers scrollTo gives a promise, which an effect must not return.
    void box.current?.scrollTo({ top: opensAt * hourPx });
  }, []);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined || !(event.target instanceof HTMLElement)) return;
    const columns = [...event.currentTarget.querySelectorAll<HTMLElement>('.week-head button')];
    const next = columns[columns.indexOf(event.target) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  const anyWhole = days.some((day) => day.whole.length > 0);
  return (
    // The week scrolls both ways; its parts are reached one by one.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-static-element-interactions
    <div className="week" ref={box} onKeyDown={onKeyDown} tabIndex={0} role="group" aria-label="Week">
      <div className="week-head">
        <span />
        {days.map((day) => (
          <DayHead key={day.key} day={day} today={today} onChoose={onChoose} />
        ))}
      </div>
      {anyWhole && (
        <div className="week-whole">
          <span className="small faint">All day</span>
          {days.map((day) => (
            <div key={day.key}>
              {day.whole.map(({ event }) => (
                <EventButton key={event.id} event={event} allDay className="event whole" />
              ))}
            </div>
          ))}
        </div>
      )}
      <div className="week-body">
        <div className="week-hours" aria-hidden>
          {hours.map((hour) => (
            <span key={hour} className="figures">
              {hour === 0 ? '' : `${hour}:00`}
            </span>
          ))}
        </div>
        {days.map((day) => (
          <DayColumn key={day.key} day={day} today={today} />
        ))}
      </div>
    </div>
  );
}

function DayHead({ day, today, onChoose }: { day: Day; today: Civil; onChoose: (date: Civil) => void }) {
  const here = useHere();
  const { inspect } = usePanels();
  const make = () => {
    onChoose(day.date);
    inspect({ kind: 'newEvent', startAt: isoOf({ ...day.date, hour: 9 }, here.zone), endAt: isoOf({ ...day.date, hour: 10 }, here.zone), allDay: false });
  };
  return (
    <button type="button" className="day-head" data-today={daysBetween(day.date, today) === 0} onClick={make}>
      <span className="unseen">New event on {dayHeading(day.date, here)}</span>
      <span aria-hidden>{weekdayName(day.date).slice(0, 3)}</span>
      <span className="day-number figures" aria-hidden>
        {day.date.day}
      </span>
    </button>
  );
}

function DayColumn({ day, today }: { day: Day; today: Civil }) {
  const here = useHere();
  const { inspect } = usePanels();
  const isToday = daysBetween(day.date, today) === 0;
  const makeAt = (event: React.MouseEvent<HTMLElement>) => {
    if (event.target !== event.currentTarget) return;
    const minutes = Math.floor(((event.clientY - event.currentTarget.getBoundingClientRect().top) / hourPx) * 2) * 30;
    const at = (minute: number) => isoOf({ ...day.date, hour: Math.floor(minute / 60), minute: minute % 60 }, here.zone);
    inspect({ kind: 'newEvent', startAt: at(minutes), endAt: at(Math.min(minutes + 60, 1_439)), allDay: false });
  };
  return (
    // A press into the free space is a short cut; the day's head does the same by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions, jsx-a11y/click-events-have-key-events
    <div className="day-column" data-today={isToday} onClick={makeAt}>
      {day.timed.map((item) => (
        <TimedEvent key={item.event.id} item={item} />
      ))}
      {isToday && <div className="now-line" style={{ top: ((today.hour * 60 + today.minute) / 60) * hourPx }} aria-hidden />}
    </div>
  );
}

function TimedEvent({ item }: { item: Placed }) {
  const width = 100 / item.columns;
  return (
    <div
      className="event-place"
      data-short={item.to - item.from < 45}
      style={{ top: (item.from / 60) * hourPx, height: ((item.to - item.from) / 60) * hourPx, left: `${item.column * width}%`, width: `${width}%` }}
    >
      <EventButton event={item.event} allDay={false} className="event" />
    </div>
  );
}
