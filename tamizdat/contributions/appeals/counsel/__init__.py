"""Counsel's words, as fundraisers write them down: from where may be given, what may be done
instead, and what receipts say. Tables and rules are giving's and supporters'; here is what a form
reads, and what it says will change for whom."""
