-- Every start of a run asks how the newest ones began, and status what they were.
create index run_created on run (created_seq);

-- Nothing else is read of how runs began: a thousand jobs are a megabyte.
create index event_moves on event (seq) where type = 'run.created' and instr(body, '"moves":');
create index event_tells on event (seq) where type = 'run.created'
  and (instr(body, '"notices":') or instr(body, '"moves":') or instr(body, '"pull-request"'));
