create table log(at integer primary key, what text);
insert into log(what) values ('one'), ('two'), ('three');
delete from log where at = 2;
vacuum;
pragma page_count;
.tables
.schema
.dump
