-- AWS: the role for the hosted zone of another account. A destroy removes and searches its records there, whatever the profile says by then.
alter table clusters add column hosted_zone_role text;
