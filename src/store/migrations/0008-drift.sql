-- A board asks for them again whenever something happened.
create index event_drift on event (seq) where type = 'drift.looked';
