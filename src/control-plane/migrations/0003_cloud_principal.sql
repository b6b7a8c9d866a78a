-- Whom the cloud took the worker for when the cluster was made: tells an operator which credentials a destroy needs.
alter table clusters add column cloud_principal text;
