-- How often a namespace's tables, views, indexes and triggers were changed. Every definition of a tenant is one transaction
-- with a new number here, and fails when the number is not the one its gateway knew; so the other gateways learn that
-- what they remember of the schema is old. Numbers are given out once for all namespaces: `version > ?` finds what is new.
CREATE TABLE _gw_schemas (
  namespace_id INTEGER PRIMARY KEY,
  version      INTEGER NOT NULL
);
CREATE INDEX _gw_schemas_version ON _gw_schemas(version);
