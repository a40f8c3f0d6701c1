-- Stands for the published table of this name, which the closing makes; nothing is built here.
{{ config(schema='billing') }}
select * from {{ this }}
