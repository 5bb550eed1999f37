"""Withdraw a story. (Being written by another pair of hands than protection.)"""
