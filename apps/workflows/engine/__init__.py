"""Runs the graph of a flow: pure Python on asyncio, without Django, network or database (contracts: DSL 2-7)."""
