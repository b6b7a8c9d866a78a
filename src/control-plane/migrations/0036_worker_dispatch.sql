-- How a worker is woken, and why wake-ups do not reach it at the moment, as far as it knows; workers of earlier versions have NOTIFY.
alter table workers add column dispatch text not null default 'NOTIFY' check (dispatch in ('IN_PROCESS', 'NOTIFY', 'SQS'));
alter table workers add column dispatch_problem text;
