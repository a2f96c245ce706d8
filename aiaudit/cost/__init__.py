"""What a workload costs a month, what it will cost, why, and what would make it cheaper. Money is `Decimal`.

One way through: prices (`prices`, `price_files`, `api_prices`) and the workload make `inputs`; `bill` makes lines of
quantity × unit price; `projection` runs them over months; `levers` runs changed inputs through the same.
"""
