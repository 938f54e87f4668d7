"""The weekly Data Export: one module per group of objects, columns in the API's order.

Each writer maps the columns of one file to SQL expressions over the simulated arrays; the
macros they use stand in :mod:`demo.files`.
"""
