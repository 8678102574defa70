-- Journals of several deliveries, each with one writer at a time. Nothing here is derived: what can be asked of a journal is
-- asked of the state folder that it is copied into.

-- The head of each journal. Whoever begins to write raises `epoch`, and every append is an update of this row by the epoch that
-- it was begun with: an older writer finds no row, and one that is under way is waited for.
create table baton.delivery (
  name text primary key,
  epoch bigint not null default 0,
  -- The newest event and its checksum; 0 and '' before the first.
  seq bigint not null default 0,
  chain text not null default ''
);

-- As in a state folder, byte for byte: see ../../migrations/0002-chain.sql.
create table baton.event (
  delivery text not null,
  seq bigint not null,
  at bigint not null,
  version integer not null,
  run text not null,
  type text not null,
  chain text not null,
  body text not null,
  primary key (delivery, seq)
);
