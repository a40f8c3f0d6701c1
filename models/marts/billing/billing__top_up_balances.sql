{{ sealed_else_expected('top_up_balances', ref('int_expected_top_up_balances'), [
    'period', 'top_up_id', 'tenant_id', 'deployment_id', 'resource_kind',
    'opening_qty', 'applied_qty', 'expired_qty', 'closing_qty',
]) }}
