"""The extension with doors into its rooms, built beside the products for these tests alone.

In: `make` puts `_core` here for every CPython. Out: `from doors import _core`. Never: in a wheel.
"""
