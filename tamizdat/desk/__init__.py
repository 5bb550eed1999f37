"""The desk: the public door with forms, and the post that answers them.

It is the one part of a newsroom's machine that strangers write to. Promises, each held by a test:

1. The desk's process has no key of the vault or the newsroom, no drafts, no staff, no signing key:
   it opens the people's database, and asks the vault's process to seal. Landlock holds it to that
   (``tamizdat.landlock``, ``serving.desk_door``).
2. A GET or HEAD changes nothing.
3. The answer to a form is the same, and takes the same time, whether an address is known or not:
   the desk does not know it. It writes a *wish*; the back room (``post``) finds out.
4. What a form must carry is a signed *ticket* (``tickets``), used once. No cookie, but one while a
   supporter is in her portal (``doorway``).
5. A person pays a moment of their browser's work, or waits (``admission``). All limits hold for all
   people together; nothing about who asked is counted or kept.
6. An address stays in no process of the desk: workers that handled one end themselves
   (``serving.desk_worker``).
7. Whatever goes wrong, the page that says so says nothing of the request.
"""
