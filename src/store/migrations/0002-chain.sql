-- Each event carries a checksum over the one before it and over itself, so that damage shows and shows where. `chain_of`
-- is chain.ts, called in the order of the rows; what was stored until now is taken as it is.
alter table event rename to event_before;

create table event (
  -- Counts from 1. Without gaps, but for what was lost or put away before the last `history.begins`.
  seq integer primary key,
  at integer not null,
  version integer not null,
  run text not null,
  type text not null,
  chain text not null,
  -- Last: SQLite skips the pages of large bodies when only the other columns are asked for.
  body text not null
) strict;

insert into event (seq, at, version, run, type, chain, body)
  select seq, at, version, run, type, chain_of(seq, at, version, run, type, body), body from event_before order by seq;

drop table event_before;

-- Where the fold begins when history was lost or put away.
create index event_begins on event (seq) where type = 'history.begins';

-- Derived from `event`: where to find every deployment of a pipeline. What was handed over stands in the event alone, so
-- that it cannot be one thing there and another here.
alter table deployment rename to deployment_before;

create table deployment (
  environment text not null,
  pipeline text not null,
  release integer not null,
  seq integer not null,
  run text not null,
  primary key (environment, pipeline, release, seq)
) strict, without rowid;

insert into deployment select environment, pipeline, release, seq, run from deployment_before;

drop table deployment_before;
