"""How much one reader may ask of the door, and how long the door waits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    head_bytes: int = 8 * 1024
    head_seconds: float = 10.0
    idle_seconds: float = 30.0
    # A frozen line may come back: only a reader that takes no byte at all for this long is cut.
    stall_seconds: float = 60.0
    # After the last answer the door reads on for a moment, because closing with unread bytes makes
    # the kernel send a reset, and that can destroy the answer on its way (RFC 9112, 9.6).
    linger_seconds: float = 2.0
    closing_seconds: float = 5.0
    connections: int = 2048
    # A reader who takes nothing can make the door hold what it read at once, one small file or
    # chunk, and the 64 KB asyncio lets pile up before it says stop: some 150 KB.
    read_bytes: int = 16 * 1024
    small_file_bytes: int = 64 * 1024
    chunk_bytes: int = 64 * 1024
    memory_bytes: int = 128 * 1024 * 1024
