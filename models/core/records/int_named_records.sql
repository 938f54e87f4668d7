select
    entity,
    reference
from {{ ref('int_named_references') }}
where
    (entity = 'account' and not {{ is_delivered('accounts') }})
    or (entity = 'product' and not {{ is_delivered('products') }})
    or (entity = 'campaign' and not {{ is_delivered('campaigns') }})
