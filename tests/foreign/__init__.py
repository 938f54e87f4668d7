"""Exports of systems that the project was not built on, as test code writes them.

Each module writes a company's files as its systems would, holds the configuration that maps
them, and computes the figures from the same files with pandas, by the written definitions.
"""
