{# Every total is what the lines before it add up to. #}
select
    line_number,
    source,
    step,
    unexplained_deals,
    unexplained_amount
from {{ ref('reconciliation') }}
where unexplained_deals <> 0 or unexplained_amount <> 0
