import type { Migration } from './migration.ts';

/**
 * Structured values are JSON text in `body`, because its escapes keep what UTF-8 cannot (a lone surrogate) and what C strings cannot (NUL). Beside them stand
 * only the columns that something sorts, filters or joins by.
 *
 * `words` is the full-text index of everything; it holds no text, only where each word stands. Its rowid is `seq * 4 + kind`: 0 records, 1 messages,
 * 2 documents, 3 sessions. What is indexed comes as words that `words.ts` prepared, through views whose triggers write row and index in one statement:
 * one statement is one commit, and neither can be written without the other.
 */
export const start: Migration = {
  number: 1,
  up: `
create table records (
  seq integer primary key, id text not null unique, type text not null, version integer not null check (version > 0), body text not null,
  status text, rank integer not null, at real not null, begins real, ends real, created_at text not null, updated_at text not null
);
create index records_order on records (type, rank, at, id);
create index records_time on records (type, begins) where begins is not null;

create table documents (seq integer primary key, id text not null unique, collection text not null, title text not null, text text not null, created_at text not null);
create index documents_order on documents (collection, id);

create table sessions (seq integer primary key, id text not null unique, title text not null, created_at text not null, updated_at text not null, at real not null, removed integer not null default 0);
create index sessions_order on sessions (removed, at desc, id);

create table messages (
  seq integer primary key, id text not null unique, session_id text not null references sessions (id), state text not null, text text not null, body text not null,
  applied integer not null default 0, removed integer not null default 0
);
create index messages_order on messages (session_id, seq);
create index messages_unfinished on messages (state) where state in ('streaming', 'queued');

create table message_parts (message_seq integer not null references messages (seq), part integer not null, text text not null, primary key (message_seq, part)) without rowid;

create table plans (seq integer primary key, id text not null unique, hash text not null, state text not null, run_id text, body text not null);
create index plans_order on plans (state, seq);

create table runs (seq integer primary key, id text not null unique, plan_id text not null unique, body text not null, undone_at text, undo_run_id text);

create table activity (seq integer primary key, id text not null unique, record_id text, body text not null);
create index activity_record on activity (record_id, seq) where record_id is not null;

create table queue (seq integer primary key, id text not null unique, state text not null, body text not null);
create table settings (key text primary key, body text not null) without rowid;
create table sent (message_id text primary key, host text not null, body text not null) without rowid;

create virtual table words using fts5(title, text, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co M* So'");
insert into words (words, rank) values ('rank', 'bm25(8.0, 1.0)');
create virtual table word_counts using fts5vocab(words, row);

create view record_in as select id, type, version, body, status, rank, at, begins, ends, created_at, updated_at, '' as words_title, '' as words_text from records;
create trigger record_added instead of insert on record_in begin
  insert into records (id, type, version, body, status, rank, at, begins, ends, created_at, updated_at)
    values (new.id, new.type, new.version, new.body, new.status, new.rank, new.at, new.begins, new.ends, new.created_at, new.updated_at);
  insert into words (rowid, title, text) values (last_insert_rowid() * 4, new.words_title, new.words_text);
end;
create view record_next as select * from record_in;
create trigger record_replaced instead of insert on record_next begin
  select raise(abort, 'record changed since') where not exists (select 1 from records where id = new.id and type = new.type and version = new.version - 1);
  update records set version = new.version, body = new.body, status = new.status, rank = new.rank, at = new.at, begins = new.begins, ends = new.ends,
    created_at = new.created_at, updated_at = new.updated_at where id = new.id;
  delete from words where rowid = (select seq * 4 from records where id = new.id);
  insert into words (rowid, title, text) values ((select seq * 4 from records where id = new.id), new.words_title, new.words_text);
end;
create trigger record_removed after delete on records begin delete from words where rowid = old.seq * 4; end;

create view message_in as select id, session_id, state, text, body, '' as words_text from messages;
create trigger message_added instead of insert on message_in begin
  insert into messages (id, session_id, state, text, body) values (new.id, new.session_id, new.state, new.text, new.body);
  insert into words (rowid, title, text) values (last_insert_rowid() * 4 + 1, '', new.words_text);
end;
create view message_next as select * from message_in;
create trigger message_replaced instead of insert on message_next begin
  select raise(abort, 'no such message') where not exists (select 1 from messages where id = new.id);
  update messages set state = new.state, text = new.text, body = new.body,
    applied = max(applied, coalesce((select max(part) from message_parts where message_seq = seq), 0)) where id = new.id;
  delete from message_parts where message_seq = (select seq from messages where id = new.id);
  delete from words where rowid = (select seq * 4 + 1 from messages where id = new.id);
  insert into words (rowid, title, text) values ((select seq * 4 + 1 from messages where id = new.id), '', new.words_text);
end;

create view document_in as select id, collection, title, text, created_at, '' as words_title, '' as words_text from documents;
create trigger document_added instead of insert on document_in begin
  insert into documents (id, collection, title, text, created_at) values (new.id, new.collection, new.title, new.text, new.created_at);
  insert into words (rowid, title, text) values (last_insert_rowid() * 4 + 2, new.words_title, new.words_text);
end;
create trigger document_removed after delete on documents begin delete from words where rowid = old.seq * 4 + 2; end;

create view session_in as select id, title, created_at, updated_at, at, '' as words_title from sessions;
create trigger session_added instead of insert on session_in begin
  insert into sessions (id, title, created_at, updated_at, at) values (new.id, new.title, new.created_at, new.updated_at, new.at);
  insert into words (rowid, title, text) values (last_insert_rowid() * 4 + 3, new.words_title, '');
end;
create view session_next as select * from session_in;
create trigger session_replaced instead of insert on session_next begin
  select raise(abort, 'no such session') where not exists (select 1 from sessions where id = new.id);
  update sessions set title = new.title, created_at = new.created_at, updated_at = new.updated_at, at = new.at where id = new.id;
  delete from words where rowid = (select seq * 4 + 3 from sessions where id = new.id);
  insert into words (rowid, title, text) values ((select seq * 4 + 3 from sessions where id = new.id), new.words_title, '');
end;
`,
};
