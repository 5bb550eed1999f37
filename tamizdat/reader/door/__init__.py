"""The reader door: serves a baked edition over HTTP/1.1, and remembers nothing about who reads.

It is for the demo, for a newsroom on one machine and for an onion service; any static host can
take its place. There is nothing dynamic: a file lies in the edition's folder, or it is missing.

What it promises (each rule has a test):

Requests
 1. GET and HEAD only; anything else is 405. A request with a body is refused and the connection
    closed, so that a body can never be read as a second request (RFC 9112, 11.2).
 2. A request head is at most 8 KB (431) and is read strictly: CRLF only, no folded line, no space
    before a colon, no NUL, exactly one Host in HTTP/1.1. What is not clearly right is 400, and
    the connection closes.
 3. A head not complete after 10 s, or a connection idle for 30 s, is closed; so is a reader that
    takes no byte for 60 s. When all places are taken, the oldest waiting connection gives way.
 4. Pipelined requests are answered in order; memory stays bounded while the reader is slow.

Files
 5. Nothing outside the folder is ever served: no dot-segment, backslash, encoded slash or control
    character, no symbolic link anywhere below the root, nothing but regular files.
 6. A name that begins with a dot is not served; so the baker may use such names while it writes.
    Only `/.well-known/security.txt` is answered, with `/security.txt`.
 7. `/a/` is `a/index.html`. `/a` is 308 to `/a/` where that is a folder with a page. The address
    in a redirect is always a path of this origin. A query is ignored.
 8. What is missing is 404 with the language's own `404.html`, else the one at the root.
 9. `x.br` and `x.gz` beside `x` are chosen by Accept-Encoding, never served by their own names, and
    never used when their time of change differs from that of `x`: they are of another version.
10. A file replaced by rename is served anew with the next request.
11. Large files are streamed; only small ones are kept in memory, and within a bound.

Headers
12. A strong ETag from the content's SHA-256, other for each encoding; If-None-Match gives 304, one
    Range gives 206 or 416. There is no Last-Modified.
13. Files under `/media/` and `/assets/` carry their hash in their names and are immutable; all else
    is asked for again each time.
14. A page's own policy (its `<meta http-equiv="Content-Security-Policy">`) is repeated as a header
    with what a meta element cannot say; whatever has none gets the strictest.
15. CORS for all, because a mirror answers every newsroom's worker. No cookie, no Server.

Readers
16. Nothing about a request (address, path, header) is ever written anywhere: no access log, and an
    error prints the name of its class only. There are no core dumps while the door runs.
"""

from tamizdat.reader.door.doorway import Door
from tamizdat.reader.door.limits import Limits
from tamizdat.reader.door.serving import DoorError, PortTaken, serve

__all__ = ["Door", "DoorError", "Limits", "PortTaken", "serve"]
