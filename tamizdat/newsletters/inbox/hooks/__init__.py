"""What mail providers report to the desk: ``providers`` reads it, ``views`` takes it in, and
``carrying_out`` does, in the back room, what it comes to."""
