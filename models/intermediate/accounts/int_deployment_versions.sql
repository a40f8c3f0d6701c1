{{ versions_of(
    ref('stg_control_plane__deployments'),
    ['deployment_id'],
    ['tenant_id', 'slug', 'display_name', 'region', 'llm_mode', 'is_on_hold']
) }}
