-- A sweep works on an orphan: its job says so.
update jobs set job_type = 'orphan.sweep', resource_kind = 'orphan' where job_type = 'cluster.orphan-sweep';
