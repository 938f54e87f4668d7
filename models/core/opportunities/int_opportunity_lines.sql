{# Present lines of the deals, in their own currency. #}
select
    lines.line_id,
    opportunities.record_id as opportunity_id,
    products.record_id as product_id,
    coalesce(lines.quantity, 1) as quantity,
    coalesce(
        lines.total_price,
        (
            coalesce(lines.quantity, 1)
            * lines.unit_price * (1 - coalesce(lines.discount_share, 0))
        )::decimal(28, 8)
    ) as amount,
    lines.list_price,
    lines.unit_cost,
    lines.total_cost,
    lines.currency
from ({{ union_staged('opportunity_lines') }}) as lines
inner join {{ ref('int_record_references') }} as opportunities
    on
        lines.opportunity_ref = opportunities.reference
        and opportunities.entity = 'opportunity'
left join {{ ref('int_record_references') }} as products
    on
        lines.product_ref = products.reference
        and products.entity = 'product'
where not lines.is_deleted and lines.exclusion_reason is null
