import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { labelOf } from '@adiuva/shared/contracts/records.ts';

/** Reading fields of a record without trusting their types: what is not there reads as empty. */
export const textOf = (record: StoredRecord, name: string): string => (typeof record.fields[name] === 'string' ? record.fields[name] : '');
export const timeOf = (record: StoredRecord, name: string): string | null => textOf(record, name) || null;
export const flagOf = (record: StoredRecord, name: string): boolean => record.fields[name] === true;
export const listOf = (record: StoredRecord, name: string): string[] => {
  const value = record.fields[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
};
export const nameOf = (record: StoredRecord): string => labelOf(record.type, record.fields) || 'Untitled';
export const isDone = (record: StoredRecord): boolean => record.fields['status'] === 'done';
