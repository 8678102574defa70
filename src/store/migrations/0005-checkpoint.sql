-- What the journal came to at event `seq`, so that a long one opens as fast as a short one. Derived: without it, or when it
-- does not fit, all events are folded.
create table checkpoint (
  id integer primary key check (id = 1),
  seq integer not null,
  -- Over the checksum of that event and `state`.
  digest text not null,
  state blob not null
) strict;
