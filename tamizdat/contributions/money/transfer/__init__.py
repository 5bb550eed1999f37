"""The desk's page that says where to send a bank transfer, and with which reference.

Its address holds the contribution's id, which is random and which nobody else knows; the page shows
the newsroom's account, the amount and the reference, and nothing of a person. It changes nothing.
"""
