"""The dashboard: what an editor sees first. (Being written by another pair of hands than protection.)"""
