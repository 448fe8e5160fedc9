.headers on
.mode column
create table city(id integer primary key, name text not null unique, country text, people integer check (people > 0));
insert into city(name, country, people) values ('Quito','EC',1978376),('Oslo','NO',709037),('Lagos','NG',15388000),('Bern','CH',134794),('Porto','PT',231800);
select country, count(*) n, sum(people) total from city group by country order by total desc;
insert into city(name, country, people) values ('Oslo','NO',1);
insert into city(name, country, people) values ('Nowhere','XX',-5);
select name, people, rank() over (order by people desc) place, sum(people) over (order by name) running from city order by name;
with recursive fib(n, a, b) as (select 1, 0, 1 union all select n + 1, b, a + b from fib where n < 60) select max(n), max(a) from fib;
with recursive s(n) as (select 2 union all select n + 1 from s where n < 2000) select count(*) primes from s where not exists (select 1 from s d where d.n * d.n <= s.n and s.n % d.n = 0);
begin; update city set people = people * 2; select sum(people) from city; rollback; select sum(people) from city;
create index by_country on city(country);
explain query plan select * from city where country = 'NO';
.mode csv
select *, hex(name), typeof(people), people / 7.0 from city;
.mode insert city
select * from city limit 2;
.mode list
select printf('%08.3f|%-6s|%x', 3.14159, 'ab', 255), substr('héllo', 2, 3), length('héllo'), upper('abc'), replace('banana','an','AN'), date('2024-02-29','+1 year'), strftime('%j', '2024-12-31'), round(2.5), abs(-3), coalesce(null, 'x'), 'a' like 'A', 7 / 2, 7 % 3, 9223372036854775807 + 1;
create table t(a, b); 
with recursive c(i) as (select 1 union all select i + 1 from c where i < 100000) insert into t select i, (i * 7919) % 10007 from c;
select count(*), sum(a), sum(b), max(b), count(distinct b) from t;
select b % 10 k, count(*), avg(a) from t group by k order by k;
create index tb on t(b); select count(*) from t x join t y on x.b = y.a;
pragma integrity_check;
select * from nothing;
selec 1;
