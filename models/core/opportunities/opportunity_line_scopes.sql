{# What a line of a closed deal counts for: all that its deal counts for, of the
   products only its own. #}
select
    lines.line_id,
    scopes.scope_type,
    scopes.scope_id
from {{ ref('fct_opportunity_lines') }} as lines
inner join {{ ref('opportunity_close_scopes') }} as scopes
    on lines.opportunity_id = scopes.opportunity_id
where
    scopes.scope_type not in ('product', 'product_family')
    or scopes.scope_type = 'product'
    and scopes.scope_id = coalesce(lines.product_id, '(none)')
    or scopes.scope_type = 'product_family'
    and scopes.scope_id = coalesce(lines.product_family, '(none)')
