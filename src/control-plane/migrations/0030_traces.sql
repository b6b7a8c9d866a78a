-- The trace of the request that a job does (W3C Trace Context), so that its spans are a part of it.
alter table jobs add column traceparent text check (traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$');
