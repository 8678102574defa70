-- Several processes write to the journal, turn by turn, so nobody leaves requests for somebody else.
drop table if exists request;
