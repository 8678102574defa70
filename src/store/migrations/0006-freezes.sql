-- What is frozen is asked by every plan, and is said seldom.
create index event_freezes on event (seq) where type in ('environment.frozen', 'environment.thawed');
