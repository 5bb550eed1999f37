"""Backups: one sealed file that brings a newsroom back on an empty machine.

Rules:

* A backup is sealed to recipients whose private halves are elsewhere: the machine that makes it
  can never read it again, nor can who steals the machine or the backup.
* A file under its final name is whole. What is being made has another name, and a run that was
  killed leaves nothing that the next one does not sweep.
* Everything in it has its SHA-256 in the manifest, which comes last. Nothing is laid in place
  before all of it was read and found right.
* Uploads are content that rarely changes. A backup is *whole*, or holds only those that the ones
  before it, back to the last whole one, do not: together they are a *generation*, and the name of
  each tells its generation. A generation is kept or pruned as one.
* What was taken back since a backup lies in lists beside it, and a restore does it again.
* After a restore no version of signed metadata is given out that may have been given out before.
"""
