-- Derived from `event`: where to find what the per-release jobs of a run made, to be taken over by later runs of the commit.
-- What they made stands in the event alone.
create table made (
  run text not null,
  -- An instance id: one leg of a matrix has a row of its own.
  job text not null,
  seq integer not null,
  primary key (run, job)
) strict, without rowid;

create index run_commit on run ("commit", release);

insert or replace into made
  select run, body ->> 'job', seq from event
  where type = 'job.succeeded' and instr(substr(body ->> 'job', 1, instr((body ->> 'job') || '[', '[') - 1), '@') = 0
  order by seq;
