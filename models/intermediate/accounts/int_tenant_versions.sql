{{ versions_of(
    ref('stg_control_plane__tenants'),
    ['tenant_id'],
    ['tenant_name', 'currency', 'tax_region', 'abn', 'email']
) }}
