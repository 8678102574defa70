-- Servers that share a journal. One of them leads: whoever raised `epoch` last. It says so again and again (`seen_at`, by the clock of the
-- database), and everything that it writes is one update of this row by its epoch, which counts one more `change`.
alter table baton.delivery
  add column change bigint not null default 0,
  -- Where it answers, and the process of the database that serves it.
  add column leader text,
  add column backend integer,
  add column seen_at timestamptz,
  add column takeovers bigint not null default 0;

-- What lies beside the journal in the leader's state folder: logs and artifacts in pieces, small files whole. A piece at a place says
-- that nothing behind it was there before; `is_last` that the file is whole with it.
create table baton.file (
  delivery text not null,
  path text not null,
  at bigint not null,
  change bigint not null,
  is_last boolean not null,
  body bytea not null,
  primary key (delivery, path, at)
);
create index file_change on baton.file (delivery, change);

-- What is handed out to agents, as in the state folder: see ../../attempt-table.ts.
create table baton.attempt (
  delivery text not null,
  token text not null,
  attempt text not null,
  primary key (delivery, token)
);
