import type { Sql } from './database.ts';
import type { Row } from './engine.ts';
import { escaped, unescaped } from './json.ts';
import { pointReads } from './point-reads.ts';
import { indexed } from './words.ts';

export interface StoredDocument {
  readonly id: string;
  readonly collection: string;
  readonly title: string;
  readonly text: string;
  readonly createdAt: string;
}

export interface DocumentsTable {
  get(id: string): Promise<StoredDocument | null>;
  insert(document: StoredDocument): Promise<void>;
  /** A missing id is no error. */
  remove(id: string): Promise<void>;
  count(): Promise<number>;
}

function documentOf(row: Row): StoredDocument {
  return {
    id: String(row['id']),
    collection: String(row['collection']),
    title: unescaped(row['title']),
    text: unescaped(row['text']),
    createdAt: String(row['created_at']),
  };
}

export function documentsTable(sql: Sql): DocumentsTable {
  return {
    get: pointReads(sql, { columns: ['id', 'collection', 'title', 'text', 'created_at'], from: 'documents', shape: documentOf }),
    async insert({ id, collection, title, text, createdAt }) {
      await sql.run('insert into document_in (id, collection, title, text, created_at, words_title, words_text) values (?, ?, ?, ?, ?, ?, ?)', [
        id,
        collection,
        escaped(title),
        escaped(text),
        createdAt,
        indexed(title),
        indexed(text),
      ]);
    },
    async remove(id) {
      await sql.run('delete from documents where id = ?', [id]);
    },
    async count() {
      const [row] = await sql.all('select count(*) as n from documents');
      return Number(row?.['n']);
    },
  };
}
