"""The reader door, asked over real sockets on loopback."""
