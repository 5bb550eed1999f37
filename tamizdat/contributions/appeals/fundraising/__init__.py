"""What fundraisers see of the money, and what they may do with it. No name and no address is here.

All sums come from the ledger's sums by day, converted at each day's stored rate.
"""
