{{ versions_of(
    ref('stg_control_plane__subscriptions'),
    ['subscription_id', 'starts_on'],
    ['deployment_id', 'plan_version_id', 'ends_on']
) }}
