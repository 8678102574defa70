-- Which state folder the journal is a copy of: whoever else exports is refused until it takes over.
alter table baton.delivery add column owner text;
