"""Running a newsroom: its folder, the programs that serve it, and the work in the back room."""
