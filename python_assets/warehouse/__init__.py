"""dbt's working database: what dbt finds in it, the passes over it, and which months it holds."""
